/** What the server puts in the place of {{…}} in a text. */
export const variables = ["first_name", "name", "building", "date", "link"] as const;
export type Variable = (typeof variables)[number];

const pattern = /\{\{([^{}]*)\}\}/g;

function named(text: string): string[] {
  return [...text.matchAll(pattern)].map(([, name]) => (name ?? "").trim());
}

/** The first variable of a text that does not exist, as it is written. */
export function unknownVariable(text: string): string | undefined {
  const name = named(text).find((name) => !variables.some((variable) => variable === name));
  return name === undefined ? undefined : `{{${name}}}`;
}

/** True when one of the texts has the variable. */
export function uses(variable: Variable, ...texts: string[]): boolean {
  return texts.some((text) => named(text).includes(variable));
}
