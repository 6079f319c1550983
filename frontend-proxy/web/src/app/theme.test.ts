import { DEFAULT_THEME } from "@mantine/core";
import { describe, expect, it } from "vitest";
import { contrast, inkOn, wastePalette } from "@/shared/waste/colours";
import { tokens } from "./theme";

describe.each(["light", "dark"] as const)("the colours in %s", (scheme) => {
  const colors: Record<string, string> = tokens(DEFAULT_THEME)[scheme];
  const color = (name: string): string => {
    const value = colors[name];
    if (value === undefined) {
      throw new Error(`no ${name}`);
    }
    return value;
  };
  const grounds = ["--surface", "--mantine-color-body", "--sunken"].map(color);

  it.each(["--line-strong", "--mantine-color-default-border", "--ink", "--bad"])(
    "show %s as an edge",
    (name) => {
      for (const ground of grounds) {
        expect(contrast(color(name), ground), ground).toBeGreaterThanOrEqual(3);
      }
    },
  );

  it.each(["--mantine-color-placeholder", "--ink-2", "--late", "--bad", "--mantine-color-error"])(
    "show %s as text",
    (name) => {
      for (const ground of grounds) {
        expect(contrast(color(name), ground), ground).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it.each(["--ink", "--ink-2"])("show %s as text that can be read in the sun", (name) => {
    for (const ground of grounds) {
      expect(contrast(color(name), ground), ground).toBeGreaterThanOrEqual(7);
    }
  });

  it.each(Object.values(wastePalette))("show %s, a kind of waste, and an icon on it", (colour) => {
    for (const ground of grounds) {
      expect(contrast(colour, ground), ground).toBeGreaterThanOrEqual(3);
    }
    expect(contrast(inkOn(colour), colour)).toBeGreaterThanOrEqual(3);
  });
});
