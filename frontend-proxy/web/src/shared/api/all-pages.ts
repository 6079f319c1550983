type Page<T> = { items: T[]; next_cursor: string };

/** Loads a list to its end, for choices: what is on the second page could not be chosen otherwise. */
export async function allPages<T>(
  load: (cursor: string | undefined) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await load(cursor);
    items.push(...page.items);
    cursor = page.next_cursor || undefined;
  } while (cursor !== undefined);
  return items;
}
