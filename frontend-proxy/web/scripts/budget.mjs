// Fails when what a page needs before it is shown grows beyond its budget: its scripts and styles with all that they
// import, and its texts in Dutch, gzip, in kB of 1000 bytes. It builds for itself, because the manifest that it reads is not part of the app.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const signedIn = ["src/app/shell.tsx"];
const office = [...signedIn, "src/app/office-shell.tsx"];

// [page, what it loads on top of the start, scripts, styles]
const budgets = [
  ["sign-in", ["src/app/sign-in-route.tsx"], 180, 16],
  ["register", ["src/app/register-route.tsx"], 195, 16],
  ["my runs", [...signedIn, "src/features/work/my-runs-page.tsx"], 198, 18],
  ["my hours", [...signedIn, "src/app/hours-route.tsx"], 194, 18],
  ["working view", [...signedIn, "src/app/work-run-route.tsx"], 198, 20],
  ["dashboard", [...office, "src/app/today-route.tsx"], 257, 22],
  ["wall", ["src/app/wall-route.tsx"], 199, 20],
  ["a run", [...office, "src/app/run-route.tsx"], 261, 22],
  ["planning", [...office, "src/app/plan-route.tsx"], 290, 24],
  ["buildings", [...office, "src/app/buildings-route.tsx"], 273, 20],
  ["regions", [...office, "src/app/regions-route.tsx"], 223, 19],
  ["tour", [...office, "src/app/tour-route.tsx"], 293, 21],
  ["people", [...office, "src/app/people-route.tsx"], 264, 19],
  ["person", [...office, "src/app/person-route.tsx"], 283, 20],
  ["profile", [...office, "src/app/profile-route.tsx"], 261, 20],
  ["mail", [...office, "src/app/mail-log-route.tsx"], 250, 20],
  ["write mail", [...office, "src/app/write-mail-route.tsx"], 268, 20],
  ["mail templates", [...office, "src/app/mail-templates-route.tsx"], 258, 19],
  ["changes", [...office, "src/app/audit-route.tsx"], 284, 23],
  ["collection rules", [...office, "src/app/collection-rules-route.tsx"], 243, 19],
  ["collection rule", [...office, "src/app/collection-rule-route.tsx"], 307, 24],
  ["kinds of waste", [...office, "src/app/waste-kinds-route.tsx"], 218, 19],
  ["incidents", [...office, "src/app/incidents-route.tsx"], 260, 21],
  ["swaps", [...office, "src/features/swaps/swaps-page.tsx"], 203, 18],
  ["unsubscribe", ["src/app/unsubscribe-route.tsx"], 192, 16],
  ["my buildings", [...signedIn, "src/app/my-buildings-route.tsx"], 193, 17],
  ["collections", [...office, "src/app/collections-route.tsx"], 290, 21],
  ["building", [...office, "src/app/building-route.tsx"], 333, 26],
];

const root = join(import.meta.dirname, "..");
const outDir = join(root, "node_modules/.budget");
await build({ root, logLevel: "error", build: { outDir, manifest: true, emptyOutDir: true } });
const manifest = JSON.parse(readFileSync(join(outDir, ".vite/manifest.json"), "utf8"));

/** The files that come with these modules, without what they load later. */
function filesOf(modules) {
  const seen = new Set();
  const files = new Set();
  const add = (name) => {
    if (seen.has(name)) {
      return;
    }
    seen.add(name);
    const chunk = manifest[name];
    if (chunk === undefined) {
      throw new Error(`the build has no ${name}: name the page's module in scripts/budget.mjs`);
    }
    for (const file of [chunk.file, ...(chunk.css ?? [])]) {
      files.add(file);
    }
    for (const imported of chunk.imports ?? []) {
      add(imported);
    }
  };
  modules.forEach(add);
  return [...files];
}

// The texts that the router names for a page, by the module of the page.
const router = readFileSync(join(root, "src/app/router.tsx"), "utf8");
const named = router.matchAll(/page\(\s*\(\) => import\("([^"]+)"\),\s*"\w+",\s*\[([^\]]*)\]/g);
const textsOf = new Map(
  [...named].map(([, module, list]) => [
    `${module.replace(/^\.\//, "src/app/").replace(/^@\//, "src/")}.tsx`,
    [...list.matchAll(/"(\w+)"/g)].map(([, area]) => `src/shared/i18n/nl/${area}.json`),
  ]),
);

const weigh = (files) =>
  files.reduce((sum, file) => sum + gzipSync(readFileSync(join(outDir, file))).length / 1000, 0);

let over = false;
for (const [page, modules, scripts, styles] of budgets) {
  const texts = modules.flatMap((module) => textsOf.get(module) ?? []);
  const files = filesOf(["index.html", ...modules, ...texts]);
  const script = weigh(files.filter((file) => file.endsWith(".js")));
  const style = weigh(files.filter((file) => file.endsWith(".css")));
  const tooMuch = script > scripts || style > styles;
  over ||= tooMuch;
  console.log(
    `${tooMuch ? "OVER" : "ok  "} ${page}: script ${script.toFixed(1)} of ${scripts}, style ${style.toFixed(1)} of ${styles} kB, ${files.length} files`,
  );
}
process.exitCode = over ? 1 : 0;
