import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "./en.json";
import nl from "./nl.json";

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[prefix + key, value] as [string, string]]
      : flatten(value, `${prefix}${key}.`),
  );
}

const texts = { nl: new Map(flatten(nl)), en: new Map(flatten(en)) };

describe("translations", () => {
  it("has every text in every language", () => {
    expect([...texts.en.keys()].sort()).toEqual([...texts.nl.keys()].sort());
  });

  it("leaves no text empty and uses the same variables", () => {
    const variables = (text: string | undefined) => (text?.match(/\{\{\w+\}\}/g) ?? []).sort();
    for (const [key, text] of texts.nl) {
      expect(text.trim(), key).not.toBe("");
      expect(variables(texts.en.get(key)), key).toEqual(variables(text));
    }
  });

  it("has a sentence for every reason the server can give, and for no other", () => {
    const source = join(import.meta.dirname, "../../../../../internal/refusal/reason.go");
    expect(existsSync(source), source).toBe(true);
    const reasons = [...readFileSync(source, "utf8").matchAll(/Reason = "(\w+)"/g)].map(
      (match) => match[1],
    );
    expect(reasons.length).toBeGreaterThan(10);
    expect(Object.keys(nl.errors.reason).sort()).toEqual([...reasons].sort());
  });
});
