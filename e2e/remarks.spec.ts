import type { Person } from "./application.js";
import { apiOf, today } from "./application.js";
import { check } from "./axe.js";
import { expect, takePhoto, test } from "./fixtures.js";
import { doStep, first, outboxBadge, startFromList } from "./worker.js";

const noNetwork = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection/;

/** The demo syndic who manages a building. */
async function syndicOf(buildingId: number): Promise<Person> {
	for (const person of ["syndic", "philippe"] as const) {
		const api = await apiOf(person);
		const answer = await api.get(`/buildings/${buildingId}`);
		await api.dispose();
		if (answer.ok()) {
			return person;
		}
	}
	throw new Error(`building ${buildingId} has no syndic`);
}

test("a remark with photos written without network reaches the office live and the syndic", async ({ open, plan, complaints }) => {
	test.slow(); // three windows
	complaints.expect(noNetwork);
	const { run, worker } = await plan("lotte", "noor", "lucas", "mohamed");
	const building = first(run).building;
	const text = `The gate sticks ${run.id}`;

	const office = await open("office");
	await office.goto(`/today?date=${today()}&run=${run.id}`);
	const panel = office.getByRole("complementary", { name: run.tour.name });
	await expect(panel.getByRole("list", { name: "Stops" })).toBeVisible();

	const phone = await open(worker, { phone: true });
	await startFromList(phone, run);
	await doStep(phone, run, 1, "arrival");
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");

	await phone.context().setOffline(true);
	const before = Date.now();
	await phone.getByRole("button", { name: "Remark", exact: true }).tap();
	const sheet = phone.getByRole("dialog");
	await check(phone);
	await sheet.getByRole("textbox").fill(text);
	await sheet
		.getByLabel("Add photo")
		.setInputFiles([await takePhoto(phone, `${text}, one`), await takePhoto(phone, `${text}, two`)]);
	await check(phone);
	await sheet.getByRole("button", { name: "Save remark" }).tap();
	const remarks = phone.getByRole("region", { name: "Remarks" });
	await expect(remarks.getByText(text)).toBeVisible();
	await expect(remarks.getByRole("img", { name: "Photo remark waits for a connection" })).toHaveCount(2);
	await expect(outboxBadge(phone)).toHaveAccessibleName("3 items to send");
	await check(phone);

	await phone.waitForTimeout(1500);
	const online = Date.now();
	await phone.context().setOffline(false);
	await expect(outboxBadge(phone)).toHaveAccessibleName("Everything is sent");
	await expect(remarks.getByRole("img", { name: "Photo remark sent" })).toHaveCount(2);

	await test.step("the office sees it without loading anything again", async () => {
		const seen = panel.getByRole("list", { name: "Remarks" });
		await expect(seen.getByText(text)).toBeVisible();
		await expect(seen.getByRole("img", { name: /^Photo of a remark/ })).toHaveCount(2);
		await expect(office.getByText("1 remark", { exact: true }).first()).toBeVisible();
		await check(office);
	});

	const api = await apiOf(worker);
	const list = await (await api.get(`/runs/${run.id}/remarks`)).json();
	await api.dispose();
	expect(list.items).toHaveLength(1);
	expect(list.items[0].pictures).toHaveLength(2);
	expect(list.items[0].corrected, "the time is the one of the phone").toBe(false);
	expect(Date.parse(list.items[0].occurred_at)).toBeGreaterThanOrEqual(before);
	expect(Date.parse(list.items[0].occurred_at)).toBeLessThan(online);

	const syndic = await open(await syndicOf(building.id));
	await syndic.goto(`/my-buildings/${building.id}`);
	const proof = syndic.getByRole("list", { name: "Remarks" }).first();
	await expect(proof.getByText(text)).toBeVisible();
	await expect(proof.getByRole("img", { name: /^Photo of a remark/ })).toHaveCount(2);
	await expect(syndic.getByRole("button", { name: /^(Change|Delete) remark/ })).toHaveCount(0);
	await check(syndic);

	await test.step("the worker changes it, and everybody reads the change", async () => {
		await remarks.getByRole("button", { name: `Change remark: ${text}` }).tap();
		await sheet.getByRole("textbox").fill(`${text}, badly`);
		await sheet.getByRole("button", { name: "Save remark" }).tap();
		await expect(remarks.getByText(`${text}, badly`)).toBeVisible();
		await expect(panel.getByText(`${text}, badly`)).toBeVisible();
		await expect(syndic.getByText(`${text}, badly`)).toBeVisible();
	});

	await test.step("the office takes it away with a reason", async () => {
		await panel.getByRole("button", { name: /^Delete remark/ }).click();
		const question = office.getByRole("dialog", { name: "Delete the remark?" });
		await question.getByRole("textbox").fill("Solved on the phone");
		await check(office);
		await question.getByRole("button", { name: "Delete remark" }).click();
		await expect(panel.getByText(text)).toBeHidden();
		await expect(remarks.getByText(text)).toBeHidden();
		await expect(syndic.getByText(text)).toBeHidden();
	});
});
