import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { apiOf } from "./application.js";
import { expect, test } from "./fixtures.js";

type Schema = { $ref?: string; type?: string | string[]; properties?: Record<string, Schema>; items?: Schema };
type Operation = {
	parameters?: { name: string; in: string }[];
	requestBody?: { content: Record<string, { schema?: Schema }> };
};
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } };

/** What stands in a path or a query, escaped: NUL, bytes that are no UTF-8, half of a pair, and numbers at the edge. */
const escaped = ["%00", "a%00b", "%ff", "%ED%A0%80", "-9223372036854775808", "9223372036854775807", "1e400", "%2e%2e", "%F0%9F%97%91"];

/** Cursors as one makes them who takes a real one apart: lists and objects of anything, in base64. */
const cursors = [
	["a\u0000b", 1],
	[-9223372036854775808, "\u0000"],
	[null],
	[],
	{ a: 1 },
	["2026-01-01", "9".repeat(400)],
	["\ud800", "0001-01-01T00:00:00Z", 1e308],
]
	.map((value) => Buffer.from(JSON.stringify(value)).toString("base64url"))
	.concat(["%00", "%ff", "=", Buffer.from("\u0000\u00ff").toString("base64url")]);

/** JSON values that break where a text or a number is expected, as they are written. */
const values = ['"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', "-9223372036854775808", "1e400", "null", "[]", '{"a":[]}', `"${"x".repeat(3000)}"`];
const broken = ["", "{", "[]", "null", '"', '{"a":', '{"\\ud800":1}', "\u0000", `${"[".repeat(20_000)}`];

test("no endpoint fails inside, whatever it is asked", async () => {
	test.setTimeout(120_000);
	const api = JSON.parse(await readFile("../docs/openapi.json", "utf8")) as Document;
	const resolve = (schema?: Schema): Schema =>
		schema?.$ref ? resolve(api.components.schemas[schema.$ref.split("/").at(-1) as string]) : (schema ?? {});

	type Call = { method: string; path: string; data?: Buffer };
	const calls: Call[] = [];
	for (const [template, operations] of Object.entries(api.paths)) {
		// Signing out would end the session of all calls after it.
		if (template === "/auth/sign-out" || template === "/ws") continue;
		const fill = (value: string) => template.replace(/\{\w+\}/g, value);
		const known = template.replace(/\{\w+\}/g, (name) => (template.startsWith("/pictures") && name === "{id}" ? randomUUID() : "9999999"));
		for (const [method, operation] of Object.entries(operations)) {
			if (template.includes("{")) {
				for (const value of escaped) calls.push({ method, path: fill(value), ...(method === "get" ? {} : { data: Buffer.from("{}") }) });
			}
			for (const parameter of operation.parameters ?? []) {
				if (parameter.in !== "query") continue;
				for (const value of parameter.name === "cursor" ? [...escaped, ...cursors] : escaped) {
					calls.push({ method, path: `${known}?${parameter.name}=${value}` });
				}
			}
			if (operation.requestBody === undefined) continue;
			for (const body of broken) calls.push({ method, path: known, data: Buffer.from(body) });
			calls.push({ method, path: known, data: Buffer.from('{"a":"\xff"}', "latin1") });
			const schema = resolve(operation.requestBody.content["application/json"]?.schema);
			const right = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, likely(name, resolve(field))]));
			for (const name of Object.keys(right)) {
				for (const value of values) {
					const fields = Object.entries(right).map(([key, text]) => `${JSON.stringify(key)}:${key === name ? value : text}`);
					calls.push({ method, path: known, data: Buffer.from(`{${fields.join()}}`) });
				}
			}
		}
	}
	expect(calls.length).toBeGreaterThan(1000);
	for (const person of ["admin", undefined] as const) {
		const context = await apiOf(person);
		const failed: string[] = [];
		const statuses: Record<number, number> = {};
		const queue = calls.values();
		const work = async () => {
			for (const { method, path, data } of queue) {
				const answer = await context.fetch(path, {
					method,
					maxRedirects: 0,
					...(data === undefined ? {} : { data, headers: { "Content-Type": "application/json" } }),
				});
				statuses[answer.status()] = (statuses[answer.status()] ?? 0) + 1;
				if (answer.status() >= 500) failed.push(`${method} ${path} ${data?.toString().slice(0, 200) ?? ""}: ${await answer.text()}`);
			}
		};
		await Promise.all(Array.from({ length: 8 }, work));
		await context.dispose();
		expect(failed, JSON.stringify(statuses)).toEqual([]);
		// The calls reach what they are meant for: an admin's are judged, a stranger's turned away.
		expect(statuses[person === undefined ? 401 : 400] ?? 0, JSON.stringify(statuses)).toBeGreaterThan(calls.length / 3);
	}
});

/** A value that a field may well take, as JSON, so that the one beside it is what is judged. */
function likely(name: string, { type }: Schema): string {
	const is = (kind: string) => type === kind || (Array.isArray(type) && type.includes(kind));
	if (is("integer") || is("number")) return "1";
	if (is("boolean")) return "true";
	if (is("array")) return "[]";
	if (name === "email") return '"somebody@trottoir.example"';
	if (name === "id") return JSON.stringify(randomUUID());
	if (name === "date") return '"2031-01-06"';
	if (name.endsWith("_at")) return JSON.stringify(new Date().toISOString());
	return is("object") ? "{}" : '"text"';
}
