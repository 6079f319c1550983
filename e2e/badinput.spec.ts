import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { APIRequestContext, APIResponse } from "@playwright/test";
import { apiOf, type Person, type Run, read, startRun, today, type Upload, upload } from "./application.js";
import { expect, type Plan, takePhoto, test } from "./fixtures.js";

// The office may do runs too; its tours are left alone by the other tests.
const worker = "office";

let api: APIRequestContext;
let photo: Buffer;

test.beforeEach(async ({ page }) => {
	api = await apiOf(worker);
	photo = (await takePhoto(page, randomUUID())).buffer;
});

test.afterEach(() => api.dispose());

/** The reason of a refusal, after a look at its form: a code, a sentence, and no more than a client needs. */
async function refusal(answer: APIResponse, status: number, code: string): Promise<string | undefined> {
	const text = await answer.text();
	expect(answer.status(), text).toBe(status);
	const body = JSON.parse(text) as { code: string; message: string; details: { reason?: string } | null };
	expect(body.code).toBe(code);
	expect(body.message).not.toBe("");
	expect(text, "nothing of the inside is told").not.toMatch(/panic|goroutine|\.go:|SQLSTATE|pgx/);
	return body.details?.reason;
}

async function told(request: Promise<APIResponse>): Promise<{ status: number; body: unknown }> {
	const answer = await request;
	return { status: answer.status(), body: await answer.json() };
}

function send(fields: Upload, file: Buffer, name = "photo.jpg"): Promise<APIResponse> {
	return api.post("/pictures", { multipart: { ...fields, file: { name, mimeType: "image/jpeg", buffer: file } } });
}

async function startedRun(plan: Plan): Promise<Run> {
	return startRun(api, (await plan(worker)).run);
}

const unchanged = async (run: Run) => expect(await read<Run>(api, `/runs/${run.id}`)).toEqual(run);

test("what is not JSON, or not the right kind, is invalid and plans nothing", async () => {
	const day = "2031-01-06";
	const headers = { "Content-Type": "application/json" };
	const tries: (string | object)[] = [
		"{",
		"",
		"[]",
		'"text"',
		{ tour_id: "1", worker_id: 1, date: day },
		{ tour_id: 1.5, worker_id: 1, date: day },
		{ tour_id: 1, worker_id: null, date: day },
		{ tour_id: 1, worker_id: 1, date: 20310106 },
		{ tour_id: 1, worker_id: 1, date: "06/01/2031" },
		{ tour_id: 1, worker_id: 1, date: "2031-02-30" },
		{ tour_id: 1e30, worker_id: 1, date: day },
		{ tour_id: -1, worker_id: 1, date: day },
		{ tour_id: 1, worker_id: 9_999_999, date: day },
		{ tour_id: 9_999_999, worker_id: 1, date: day },
		{ tour_id: 1, worker_id: 1, date: "2020-01-06" },
	];
	for (const data of tries) {
		await test.step(JSON.stringify(data), async () => {
			await refusal(await api.post("/runs", { headers, data }), 400, "invalid_argument");
		});
	}
	const planned = await read<{ items: Run[] }>(api, `/runs?from=${day}&to=${day}`);
	expect(planned.items).toEqual([]);
});

test("lists refuse filters that mean nothing", async () => {
	for (const query of ["limit=x", "limit=-1", "limit=100000", "cursor=x", "from=yesterday", "status=lost", "tour=x"]) {
		await test.step(query, async () => {
			await refusal(await api.get(`/runs?${query}`), 400, "invalid_argument");
		});
	}
});

test("text that is too long is refused", async ({ plan }) => {
	const run = await startedRun(plan);
	const visit = `/runs/${run.id}/visits/${run.stops[0]?.building.id}/outcome`;
	const reason = "x".repeat(1001);
	const data = { id: randomUUID(), outcome: "skipped", reason, occurred_at: new Date().toISOString() };
	expect(await refusal(await api.put(visit, { data }), 400, "invalid_argument")).toBe("too_long");
	expect(
		await refusal(await api.post(`/runs/${run.id}/cancel`, { data: { reason } }), 400, "invalid_argument"),
	).toBe("too_long");
	expect(
		await refusal(
			await api.post("/auth/sign-in", { data: { email: `${"x".repeat(300)}@trottoir.example`, password: "x" } }),
			400,
			"invalid_argument",
		),
	).toBe("too_long");
	await unchanged(run);
});

test("files that are no photos, or too big, are refused and leave nothing", async ({ plan }) => {
	const run = await startedRun(plan);
	const pdf = Buffer.from("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n");
	const big = Buffer.concat([photo, Buffer.alloc(25 * 1024 * 1024)]);
	const tries = [
		{ file: pdf, reason: "wrong_file_type" },
		{ file: await readFile("package.json"), reason: "wrong_file_type" },
		{ file: big, reason: "too_large" },
		{ file: Buffer.alloc(0), reason: "required" },
		{ file: photo.subarray(0, 300), reason: "broken_file" },
	];
	for (const { file, reason } of tries) {
		await test.step(reason, async () => {
			const fields = upload(run);
			expect(await refusal(await send(fields, file, "photo.jpg"), 400, "invalid_argument")).toBe(reason);
			await refusal(await api.get(`/pictures/${fields.id}`), 404, "not_found");
		});
	}
	for (const [field, value] of [["id", "1"], ["run", "x"], ["building", ""], ["step", "lunch"], ["taken_at", "now"]]) {
		await test.step(`${field}=${value}`, async () => {
			await refusal(await send({ ...upload(run), [field as string]: value }, photo), 400, "invalid_argument");
		});
	}
	await unchanged(run);
});

test("the same upload again is one picture, and its id is not for another", async ({ plan }) => {
	const run = await startedRun(plan);
	const fields = upload(run);
	const [one, two] = await Promise.all([send(fields, photo), send(fields, photo)]);
	expect(one.status(), await one.text()).toBe(200);
	expect(await two.json()).toEqual(await one.json());
	expect(await (await send(fields, photo)).json()).toEqual(await one.json());
	expect(
		await refusal(await send({ ...fields, step: "inside" }, photo), 409, "already_exists"),
	).toBe("id_reused");
	const stored = await read<Run>(api, `/runs/${run.id}`);
	expect(stored.stops[0]?.visit?.pictures.map(({ id }) => id)).toEqual([fields.id]);
});

test("a run starts once, and steps come in order with a photo", async ({ plan }) => {
	const run = await startedRun(plan);
	const visit = `/runs/${run.id}/visits/${run.stops[0]?.building.id}`;
	const step = () => ({ id: randomUUID(), occurred_at: new Date().toISOString() });
	expect(await refusal(await api.post(`/runs/${run.id}/start`, { data: step() }), 400, "failed_precondition")).toBe("already_started");
	expect(await refusal(await api.put(`${visit}/steps/inside`, { data: step() }), 400, "failed_precondition")).toBe(
		"wrong_order",
	);
	expect(await refusal(await api.put(`${visit}/steps/arrival`, { data: step() }), 400, "failed_precondition")).toBe(
		"photo_missing",
	);
	await refusal(await api.put(`${visit}/steps/lunch`, { data: step() }), 400, "invalid_argument");
	await unchanged(run);
});

test("what does not exist, and what belongs to others, cannot be told apart", async ({ plan }) => {
	const run = await startedRun(plan);
	const fields = upload(run);
	expect((await send(fields, photo)).status()).toBe(200);
	const known = await read<Run>(api, `/runs/${run.id}`);
	const building = run.stops[0]?.building.id;
	const data = { id: randomUUID(), occurred_at: new Date().toISOString() };
	const owners: Person[] = [];
	for (const person of ["seppe", "syndic", "philippe"] as const) {
		const other = await apiOf(person);
		const isSyndic = person !== "seppe";
		const answers = [run.id, 9_999_999].map((id) =>
			Promise.all([
				told(other.get(`/runs/${id}`)),
				told(other.post(`/runs/${id}/start`, { data })),
				told(other.put(`/runs/${id}/visits/${building}/steps/arrival`, { data })),
			]),
		);
		const [theirs, none] = await Promise.all(answers);
		expect(theirs).toEqual(none);
		expect(theirs?.map(({ status }) => status)).toEqual(Array(3).fill(isSyndic ? 403 : 404));
		const owns = isSyndic && (await other.get(`/buildings/${building}`)).ok();
		for (const id of owns ? [randomUUID()] : [fields.id, randomUUID()]) {
			await refusal(await other.get(`/pictures/${id}`), 404, "not_found");
			await refusal(await other.get(`/pictures/${id}/320`), 404, "not_found");
		}
		if (owns) {
			owners.push(person);
			expect((await other.get(`/pictures/${fields.id}`)).status(), "the proof of an own building").toBe(200);
		}
		await refusal(await other.get(`/dashboard?date=${today()}`), 403, "permission_denied");
		await refusal(await other.get("/users"), 403, "permission_denied");
		await other.dispose();
	}
	expect(owners, "the first stop of every tour has one syndic").toHaveLength(1);
	const nobody = await apiOf();
	for (const path of [`/runs/${run.id}`, `/pictures/${fields.id}/320`, "/me", "/users", "/dashboard"]) {
		await refusal(await nobody.get(path), 401, "unauthenticated");
	}
	await nobody.dispose();
	expect(await read<Run>(api, `/runs/${run.id}`)).toEqual(known);
});

test("another site cannot write for somebody who is signed in", async ({ plan }) => {
	const run = await startedRun(plan);
	const headers = { Origin: "https://elsewhere.example" };
	const answer = await api.post(`/runs/${run.id}/cancel`, { headers, data: { reason: "because" } });
	expect(await refusal(answer, 403, "permission_denied")).toBe("foreign_origin");
	await unchanged(run);
});
