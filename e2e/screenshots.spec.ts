import { stat } from "node:fs/promises";
import { apiOf, type Run, startRun } from "./application.js";
import { expect, test } from "./fixtures.js";
import { doStep, outboxBadge } from "./worker.js";

// Makes the pictures of the documentation: SCREENSHOTS=1 make e2e ARGS=screenshots
const folder = "../docs/images";

test("take the pictures of the documentation", { tag: "@screenshots" }, async ({ open, plan }) => {
	const { run: planned, worker } = await plan("noor", "lotte");
	const api = await apiOf(worker);
	const run: Run = await startRun(api, planned);
	await api.dispose();
	const phone = await open(worker, { phone: true, context: { deviceScaleFactor: 2 } });
	await phone.goto(`/work/${run.id}`);
	for (const step of ["arrival", "inside", "departure"] as const) {
		await doStep(phone, run, 1, step);
	}
	await doStep(phone, run, 2, "arrival");
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
	await phone.screenshot({ path: `${folder}/run.png`, animations: "disabled" });

	const office = await open("office", { context: { viewport: { width: 1440, height: 900 } } });
	await office.goto("/today");
	await office.getByRole("link", { name: /^Show run .* of Lucas/ }).click();
	await expect(office.getByRole("complementary").getByRole("list", { name: "Stops" })).toBeVisible();
	await office.waitForLoadState("networkidle");
	await office.screenshot({ path: `${folder}/dashboard.png`, animations: "disabled" });

	for (const name of ["run", "dashboard"]) {
		expect((await stat(`${folder}/${name}.png`)).size).toBeLessThan(200_000);
	}
});
