import { readdir, readFile } from "node:fs/promises";
import { violationsAndContrast } from "./axe.js";
import { expect, test } from "./fixtures.js";

// Every mail as mail/content writes it, on the smallest phone. The pictures are in results/mail.
const written = new URL("../mail/content/testdata/", import.meta.url);
const files = (await readdir(written)).filter((name) => name.endsWith(".txt"));

/** How long the link of a real mail is: this one stands in the files. */
const shortLink = "https://bins.example.be/register?token=a-_b&amp;x=1";
const longLink = `https://afvalcontainers.gemeente-voorbeeld.example/reset-password#${"aB3-_x9".repeat(9)}`;

async function htmlOf(file: string): Promise<string> {
	const text = await readFile(new URL(file, written), "utf8");
	const start = text.indexOf("<!DOCTYPE html>");
	expect(start, `${file} has an HTML part`).toBeGreaterThan(0);
	return text.slice(start).replaceAll(shortLink, longLink);
}

for (const language of ["nl", "en", "fr"]) {
	test(`every mail fits on a small phone and can be read: ${language}`, async ({ page }) => {
		const mails = files.filter((name) => name.endsWith(`.${language}.txt`));
		expect(mails.length).toBeGreaterThan(10);
		await page.setViewportSize({ width: 320, height: 640 });
		for (const file of mails) {
			const html = await htmlOf(file);
			for (const colorScheme of ["light", "dark"] as const) {
				await page.emulateMedia({ colorScheme });
				await page.setContent(html);
				const name = `${file.replace(/\.txt$/, "")}.${colorScheme}`;
				await page.screenshot({ path: `results/mail/${name}.png`, fullPage: true });
				const width = await page.evaluate(() => document.documentElement.scrollWidth);
				expect.soft(width, `${name} does not scroll sideways`).toBeLessThanOrEqual(320);
				const { hindrances, lowest } = await violationsAndContrast(page);
				expect.soft(hindrances, name).toEqual([]);
				expect.soft(lowest, `contrast in ${name}`).toBeGreaterThanOrEqual(4.5);
				for (const link of await page.getByRole("link").all()) {
					const { height } = (await link.boundingBox()) ?? { height: 0 };
					expect.soft(height, `${name}: ${await link.innerText()}`).toBeGreaterThanOrEqual(24);
				}
			}
		}
	});
}
