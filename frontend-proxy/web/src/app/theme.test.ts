import { DEFAULT_THEME } from "@mantine/core";
import { describe, expect, it } from "vitest";
import { tokens } from "./theme";

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of WCAG 2.2 between two colours, 1 to 21. */
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].toSorted((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

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
});
