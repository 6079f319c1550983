import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { areas } from "./areas";
import { languages } from "./i18n";
import shell from "./nl/shell.json";
import start from "./nl/start.json";

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[prefix + key, value] as [string, string]]
      : flatten(value, `${prefix}${key}.`),
  );
}

function textsOf(language: string, area: string): Map<string, string> {
  const file = join(import.meta.dirname, language, `${area}.json`);
  return new Map(flatten(JSON.parse(readFileSync(file, "utf8"))));
}

const others = areas.flatMap((area) => [
  { area, language: "en" },
  { area, language: "fr" },
]);

describe("translations", () => {
  it("are kept in the areas that the app knows", () => {
    for (const language of languages) {
      const files = readdirSync(join(import.meta.dirname, language));
      expect(files.sort()).toEqual(areas.map((area) => `${area}.json`).sort());
    }
  });

  it("have a place in one area only", () => {
    const groups = areas.flatMap((area) => [
      ...new Set([...textsOf("nl", area).keys()].map((key) => key.split(".")[0])),
    ]);
    expect(groups.sort()).toEqual([...new Set(groups)].sort());
  });

  it.each(others)("of $area has every text in $language", ({ area, language }) => {
    const keys = [...textsOf(language, area).keys()];
    expect(keys.sort()).toEqual([...textsOf("nl", area).keys()].sort());
  });

  it.each(others)(
    "of $area leaves no text empty in $language and uses the same variables",
    (other) => {
      const variables = (text: string | undefined) => (text?.match(/\{\{\w+\}\}/g) ?? []).sort();
      const texts = textsOf(other.language, other.area);
      for (const [key, text] of textsOf("nl", other.area)) {
        expect(text.trim(), key).not.toBe("");
        expect(texts.get(key)?.trim(), key).not.toBe("");
        expect(variables(texts.get(key)), key).toEqual(variables(text));
      }
    },
  );

  it("has a sentence for every reason the server can give, and for no other", () => {
    const source = join(import.meta.dirname, "../../../../../internal/refusal/reason.go");
    expect(existsSync(source), source).toBe(true);
    const reasons = [...readFileSync(source, "utf8").matchAll(/Reason = "(\w+)"/g)].map(
      (match) => match[1],
    );
    expect(reasons.length).toBeGreaterThan(10);
    const told = [...Object.keys(start.errors.reason), ...Object.keys(shell.refusal)];
    expect(told.sort()).toEqual([...reasons].sort());
  });
});
