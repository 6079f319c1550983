import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import nl from "@/shared/i18n/nl/audit.json";
import { auditKinds, thingKinds } from "./kinds";

const source = join(import.meta.dirname, "../../../../../internal/audit/kind.go");

/** A list of the server's source. */
function listed(name: string): string[] {
  const code = existsSync(source) ? readFileSync(source, "utf8") : "";
  const list = new RegExp(`\\t${name} = \\[\\]string\\{([^}]*)\\}`).exec(code)?.[1] ?? "";
  return [...list.matchAll(/"([a-z_.]+)"/g)].map((match) => match[1] ?? "");
}

describe("what the audit log can tell", () => {
  // The other languages have the same texts, which the test of the translations sees to.
  it("has words for every kind that the server can write, and for no other", () => {
    const kinds = listed("kinds");
    expect(kinds.length).toBeGreaterThan(50);
    expect([...auditKinds].sort()).toEqual(kinds.sort());
    const texts = Object.entries(nl.audit.kinds).flatMap(([group, texts]) =>
      Object.keys(texts).map((event) => `${group}.${event}`),
    );
    expect(texts.sort()).toEqual(kinds);
  });

  it("has words for everything that it can happen to, and for nothing else", () => {
    const things = listed("thingKinds");
    expect(things.length).toBeGreaterThan(10);
    expect([...thingKinds].sort()).toEqual(things.sort());
    expect(Object.keys(nl.audit.things).sort()).toEqual(things);
  });
});
