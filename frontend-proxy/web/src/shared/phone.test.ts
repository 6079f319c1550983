import { expect, it } from "vitest";
import { phoneNumber, phoneText } from "./phone";

it.each([
  ["0470 12 34 56", "+32470123456"],
  ["0470/12.34.56", "+32470123456"],
  ["+32 470 12 34 56", "+32470123456"],
  ["0032 470 12 34 56", "+32470123456"],
  ["(09) 123 45 67", "+3291234567"],
  ["+31 6 12345678", "+31612345678"],
  ["", ""],
  ["bel me", "belme"],
])("reads %j as %j", (written, number) => {
  expect(phoneNumber(written)).toBe(number);
});

it("writes a Belgian mobile number with spaces", () => {
  expect(phoneText("+32470123456")).toBe("+32 470 12 34 56");
});
