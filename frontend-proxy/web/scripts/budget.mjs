// Fails when what a page must download grows beyond its budget. Sizes are gzip, in kB.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const budgets = { "first page, script": 270, "first page, style": 45, "largest lazy part": 40 };

const dist = new URL("../../dist/", import.meta.url).pathname;
const html = readFileSync(join(dist, "index.html"), "utf8");
const size = (path) => gzipSync(readFileSync(join(dist, path))).length / 1000;
const assets = readdirSync(join(dist, "assets")).map((name) => `assets/${name}`);
const first = assets.filter((path) => html.includes(path));
const sum = (paths) => paths.reduce((total, path) => total + size(path), 0);

const measured = {
  "first page, script": sum(first.filter((path) => path.endsWith(".js"))),
  "first page, style": sum(first.filter((path) => path.endsWith(".css"))),
  "largest lazy part": Math.max(
    ...assets.filter((path) => path.endsWith(".js") && !first.includes(path)).map(size),
  ),
};

let over = false;
for (const [what, limit] of Object.entries(budgets)) {
  const kilobytes = measured[what];
  over ||= kilobytes > limit;
  console.log(
    `${kilobytes > limit ? "OVER" : "ok  "} ${what}: ${kilobytes.toFixed(1)} of ${limit} kB`,
  );
}
process.exitCode = over ? 1 : 0;
