import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, it } from "vitest";

const source = join(import.meta.dirname, "..");
const mantine = join(source, "../node_modules/@mantine");

/** What a file imports of a package, types apart. */
function namesFrom(file: string, from: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/import (?!type)\{([^}]*)\} from "([^"]+)"/g)]
    .filter(([, , module]) => module === from)
    .flatMap(([, names = ""]) => names.split(","))
    .map((name) => name.trim().replace(/ as \w+$/, ""))
    .filter((name) => name !== "" && !name.startsWith("type "));
}

const filesIn = (folder: string, name: RegExp) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => name.test(file))
    .map((file) => join(folder, file));

const modules = (folder: string) =>
  new Map(
    filesIn(join(mantine, folder, "esm"), /\.mjs$/).map((file) => [basename(file, ".mjs"), file]),
  );

/** The files that come with one. */
function walk(file: string | undefined, seen: Set<string>): void {
  if (file === undefined || seen.has(file) || !existsSync(file)) {
    return;
  }
  seen.add(file);
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
    walk(join(dirname(file), path), seen);
  }
}

it("the styles of each of Mantine's components that the app shows are there, in Mantine's order", () => {
  const ours = filesIn(source, /(?<!\.test)\.tsx?$/);
  const [core, dates] = [modules("core"), modules("dates")];
  const seen = new Set<string>();
  for (const file of ours) {
    for (const name of namesFrom(file, "@mantine/dates")) {
      walk(dates.get(name), seen);
    }
  }
  const names = [...ours, ...seen].flatMap((file) => namesFrom(file, "@mantine/core"));
  for (const name of names) {
    walk(core.get(name), seen);
  }
  const wanted = [...seen]
    .filter((file) => file.endsWith(".module.mjs") && file.includes("/core/"))
    .map((file) => basename(file, ".module.mjs"));
  expect(wanted).toContain("Button");

  const all = readFileSync(join(mantine, "core/styles.css"), "utf8");
  const place = (name: string) => {
    const own = readFileSync(join(mantine, `core/styles/${name}.css`), "utf8");
    const places = [...own.matchAll(/\.m_[0-9a-f]+/g)].map(([selector]) => all.indexOf(selector));
    return Math.min(...places.filter((at) => at >= 0));
  };
  const css = readFileSync(join(source, "app/mantine.css"), "utf8");
  const imported = [...css.matchAll(/styles\/(\w+)\.css/g)].map(([, name = ""]) => name);
  expect(imported.slice(0, 2)).toEqual(["baseline", "global"]);
  expect(imported.slice(2)).toEqual([...new Set(wanted)].sort((a, b) => place(a) - place(b)));
});
