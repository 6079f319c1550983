import { expect, it } from "vitest";
import { addressesIn } from "./addresses";

it.each([
  ["", []],
  [" a@example.org ", ["a@example.org"]],
  ["a@example.org, b@example.org;c@example.org\nd@example.org e@example.org", "abcde"],
  ["a@example.org,\n\n,b@example.org,", "ab"],
  ["a@example.org a@example.org", "a"],
  ['Emma <a@example.org>, "Peeters, Zoë" <b@example.org>', "ab"],
  ['"Peeters, Zoë" <a@example.org>\r\nAn Maes <b@example.org>', "ab"],
  ["nobody, a@", ["nobody", "a@"]],
  ['"a b"@example.org', ['"a b"@example.org']],
  ['a@example.org "', ["a@example.org", '"']],
])("finds the addresses in %j", (text, found) => {
  expect(addressesIn(text)).toEqual(
    typeof found === "string" ? [...found].map((letter) => `${letter}@example.org`) : found,
  );
});

it("reads a long list in no time", () => {
  const list = Array.from({ length: 20_000 }, (_, place) => `p${place}@example.org`);
  const before = performance.now();
  expect(addressesIn(list.join(", "))).toHaveLength(20_000);
  expect(performance.now() - before).toBeLessThan(1_000);
});
