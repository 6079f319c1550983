import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { areas } from "@/shared/i18n/areas";

const source = join(import.meta.dirname, "..");

/** The file that an import names, if it is one of ours. */
function fileOf(name: string, from: string): string | undefined {
  const path = name.startsWith("@/")
    ? join(source, name.slice(2))
    : name.startsWith(".")
      ? join(dirname(from), name)
      : undefined;
  return (
    path &&
    ["", ".ts", ".tsx"]
      .map((end) => path + end)
      .find((file) => /\.tsx?$/.test(file) && existsSync(file))
  );
}

/** The first words of the texts that a module and all that it imports show. */
function groupsOf(file: string, seen = new Set<string>()): Set<string> {
  const groups = new Set<string>();
  if (seen.has(file)) {
    return groups;
  }
  seen.add(file);
  const code = readFileSync(file, "utf8");
  for (const [, group = ""] of code.matchAll(/\bt\(\s*["`]([a-z_]+)\./g)) {
    groups.add(group);
  }
  for (const [, name = ""] of code.matchAll(/^(?:import|export) (?!type)[^;]*?from "([^"]+)";/gm)) {
    const imported = fileOf(name, file);
    for (const group of imported === undefined ? [] : groupsOf(imported, seen)) {
      groups.add(group);
    }
  }
  return groups;
}

const areaOf = new Map(
  areas.flatMap((area) =>
    Object.keys(JSON.parse(readFileSync(join(source, `shared/i18n/nl/${area}.json`), "utf8"))).map(
      (group) => [group, area] as const,
    ),
  ),
);

function areasOf(file: string): Set<string> {
  return new Set([...groupsOf(file)].map((group) => areaOf.get(group) ?? `none has ${group}`));
}

const router = readFileSync(join(source, "app/router.tsx"), "utf8");
const pages = [
  ...router.matchAll(/page\(\s*\(\) => import\("([^"]+)"\),\s*"(\w+)",\s*\[([^\]]*)\]/g),
].map(([, module = "", name = "", list = ""]) => ({
  name,
  file: fileOf(module, join(source, "app/router.tsx")) ?? module,
  named: [...list.matchAll(/"(\w+)"/g)].map(([, area = ""]) => area),
}));
const shell = pages.find(({ name }) => name === "Shell");

describe("the texts of a page", () => {
  it("come with each page of the router", () => {
    expect(pages.length).toBe([...router.matchAll(/\bpage\(/g)].length);
    expect(shell).toBeDefined();
  });

  it("are those that it shows: what the app starts with needs no other area", () => {
    expect([...areasOf(join(source, "main.tsx"))].sort()).toEqual(["start"]);
  });

  it.each(pages)("are those that it shows: $name", ({ file, name, named }) => {
    const around = ["start", ...(name === "Shell" ? [] : (shell?.named ?? []))];
    expect([...named, ...around].sort()).toEqual(
      [...new Set([...areasOf(file), ...around])].sort(),
    );
  });
});
