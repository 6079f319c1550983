/** What a kind of waste can have as its colour: each is told apart from every ground, light and dark, and carries an icon. */
export const wastePalette = {
  green: "#2b8a3e",
  lime: "#5f8a1f",
  olive: "#6f7d1e",
  pine: "#2e8b57",
  teal: "#0f8a72",
  turquoise: "#0e8ea3",
  blue: "#1a82e8",
  indigo: "#5c6ee6",
  violet: "#7f63dc",
  purple: "#a155c9",
  magenta: "#ba4ba6",
  pink: "#c8476f",
  red: "#d0403f",
  orange: "#c2571a",
  brown: "#ab5a33",
  tan: "#966d47",
  ochre: "#a9800c",
  mustard: "#8f7400",
  slate: "#5b7a99",
  grey: "#737373",
} as const;

export type WasteColour = keyof typeof wastePalette;

/** The names of the colours, in the order in which they are offered. */
export const wasteColourNames = Object.keys(wastePalette) as WasteColour[];

const white = "#ffffff";
const ink = "#1c1b19";

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of WCAG 2.2 between two colours written as #rrggbb, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].toSorted((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The colour of an icon on any colour: white or ink, whichever is seen better. */
export function inkOn(colour: string): string {
  return contrast(colour, white) >= contrast(colour, ink) ? white : ink;
}
