/** A fact of a thing that a change is about: `was` where it was known before, `is` where it is after. */
export type Fact = { field: string; was?: unknown; is?: unknown };

// What tells nobody anything: counters, keys to sort by, and where files are.
const unsaid = new Set([
  "id",
  "comment_id",
  "manual_id",
  "photo_id",
  "version",
  "sort_key",
  "urls",
]);

// The names of what differs, where the log does not keep what it was: names and phone numbers.
const named = "changed";

/**
 * What differs between the facts before and after a change. Where there was nothing before, or is nothing after, it is
 * everything that the thing holds.
 */
export function changedFacts(before: unknown, after: unknown): Fact[] {
  const [was, is] = [factsOf(before), factsOf(after)];
  if (was === undefined || is === undefined) {
    const side = was === undefined ? "is" : "was";
    return Object.entries(was ?? is ?? {})
      .filter(([field, value]) => !unsaid.has(field) && !isEmpty(value))
      .map(([field, value]) => ({ field, [side]: value }));
  }
  const fields = Object.keys({ ...was, ...is })
    .filter((field) => !unsaid.has(field) && field !== named)
    .filter((field) => JSON.stringify(was[field]) !== JSON.stringify(is[field]));
  const facts: Fact[] = fields.map((field) => ({
    field,
    ...(field in was ? { was: was[field] } : {}),
    ...(field in is ? { is: is[field] } : {}),
  }));
  const unkept = Array.isArray(is[named]) ? is[named].filter((f) => !fields.includes(f)) : [];
  return unkept.length === 0 ? facts : [...facts, { field: named, is: unkept }];
}

export function factsOf(facts: unknown): Record<string, unknown> | undefined {
  return typeof facts === "object" && facts !== null && !Array.isArray(facts)
    ? (facts as Record<string, unknown>)
    : undefined;
}

export function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}
