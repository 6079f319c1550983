import { randomUUID } from "node:crypto";
import { apiOf } from "./application.js";
import { expect } from "./fixtures.js";

/** A kind of waste of the test's own, so that no other collection is in the way. */
export async function ownKind(): Promise<string> {
	const code = `T${randomUUID().replaceAll("-", "").slice(0, 7).toUpperCase()}`;
	const admin = await apiOf("admin");
	const answer = await admin.post("/waste-kinds", {
		data: { code, name_nl: code, name_en: code, name_fr: code, colour: "#7f63dc", icon: "shirt" },
	});
	expect(answer.status(), await answer.text()).toBe(200);
	await admin.dispose();
	return code;
}
