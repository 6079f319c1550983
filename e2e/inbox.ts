import type { Page } from "@playwright/test";
import { dashboard } from "./application.js";
import { expect } from "./fixtures.js";

/** The newest message to an address whose subject matches, as the inbox of the application got it by SMTP. */
export async function received(reader: Page, to: string, subject: RegExp): Promise<{ id: string; html: string }> {
	let id: string | undefined;
	await expect
		.poll(
			async () => {
				const list = await (await reader.request.get(`http://${dashboard}/mail`)).text();
				const rows = [...list.matchAll(/<tr><td>.*?<\/td><td>(.*?)<\/td><td><a href="\/mail\/(\d+)">(.*?)<\/a>/gs)];
				id = rows.find(([, receiver, , text]) => receiver?.includes(to) && subject.test(text ?? ""))?.[2];
				return id;
			},
			{ message: `mail to ${to}: ${subject}`, timeout: 30_000 },
		)
		.toBeDefined();
	const html = await (await reader.request.get(`http://${dashboard}/mail/${id}/html`)).text();
	return { id: id ?? "", html };
}

/** Where the button of a message leads. */
export function linkIn(html: string, path: string): string {
	const link = html.match(new RegExp(`href="([^"]*${path}[^"]*)"`))?.[1];
	expect(link, `a link to ${path}`).toBeDefined();
	return (link ?? "").replaceAll("&amp;", "&").replaceAll("&#43;", "+");
}
