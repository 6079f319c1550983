import { infiniteQueryOptions } from "@tanstack/react-query";

type Page<T> = { items: T[]; next_cursor: string };

/** Which part of a list is asked for, as every list of the API takes it. */
export type PageOf = { limit: number; cursor?: string };

function pageOf(limit: number, cursor: string): PageOf {
  return cursor === "" ? { limit } : { limit, cursor };
}

/** A list that is read by page, as somebody asks for more; its data is one list of what has come. */
export function pagedQuery<T>(
  queryKey: readonly unknown[],
  load: (page: PageOf, signal: AbortSignal) => Promise<Page<T>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageOf(50, pageParam), signal),
    initialPageParam: "",
    getNextPageParam: (page) => (page.next_cursor === "" ? undefined : page.next_cursor),
    select: ({ pages }): T[] => pages.flatMap((page) => page.items),
    // The list that is narrowed stays until the narrower one has come.
    placeholderData: (previous) => previous,
  });
}

/** Loads a list to its end, for choices: what is on the second page could not be chosen otherwise. It stops beyond `most`. */
export async function allPages<T>(
  load: (page: PageOf) => Promise<Page<T>>,
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const items: T[] = [];
  let cursor = "";
  do {
    const page = await load(pageOf(200, cursor));
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== "" && items.length <= most);
  return items;
}
