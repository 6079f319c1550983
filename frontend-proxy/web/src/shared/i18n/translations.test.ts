import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "./en.json";
import fr from "./fr.json";
import nl from "./nl.json";
import nlAudit from "./nl-audit.json";

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[prefix + key, value] as [string, string]]
      : flatten(value, `${prefix}${key}.`),
  );
}

const dutch = new Map(flatten({ ...nl, ...nlAudit }));
const others = [
  { language: "en", texts: new Map(flatten(en)) },
  { language: "fr", texts: new Map(flatten(fr)) },
];

describe("translations", () => {
  it.each(others)("has every text in $language", ({ texts }) => {
    expect([...texts.keys()].sort()).toEqual([...dutch.keys()].sort());
  });

  it.each(others)("leaves no text empty in $language and uses the same variables", ({ texts }) => {
    const variables = (text: string | undefined) => (text?.match(/\{\{\w+\}\}/g) ?? []).sort();
    for (const [key, text] of dutch) {
      expect(text.trim(), key).not.toBe("");
      expect(texts.get(key)?.trim(), key).not.toBe("");
      expect(variables(texts.get(key)), key).toEqual(variables(text));
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
