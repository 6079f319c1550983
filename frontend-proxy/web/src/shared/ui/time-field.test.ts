import { expect, it } from "vitest";
import { isTime, readTime } from "./time-field";

it.each([
  ["7", "07:00"],
  ["14", "14:00"],
  ["730", "07:30"],
  ["1430", "14:30"],
  ["7u30", "07:30"],
  ["7h", "07:00"],
  ["7.05", "07:05"],
  [" 06:00 ", "06:00"],
  ["", ""],
])("reads %s as %s", (typed, time) => {
  expect(readTime(typed)).toBe(time);
  expect(isTime(readTime(typed))).toBe(true);
});

it.each(["25", "7:60", "7:5", "half acht", "2460"])("leaves %s to be refused", (typed) => {
  expect(isTime(readTime(typed))).toBe(false);
});
