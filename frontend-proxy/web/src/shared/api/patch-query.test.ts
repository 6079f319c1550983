import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { patchQuery } from "./patch-query";

const queryKey = ["numbers"];
const add = (number: number) => (numbers: number[]) =>
  numbers.includes(number) ? numbers : [...numbers, number];

describe("patchQuery", () => {
  const fetching = (queryClient: QueryClient) => {
    const answers: ((numbers: number[]) => void)[] = [];
    const fetches = vi.fn(() => new Promise<number[]>((resolve) => answers.push(resolve)));
    const first = queryClient.fetchQuery({ queryKey, queryFn: fetches });
    return { answers, fetches, first };
  };

  it("changes what is there", () => {
    const queryClient = new QueryClient();
    queryClient.setQueryData(queryKey, [1]);
    patchQuery(queryClient, queryKey, add(2));
    expect(queryClient.getQueryData(queryKey)).toEqual([1, 2]);
  });

  it("keeps what came during the first fetch, which goes on", async () => {
    const queryClient = new QueryClient();
    const { answers, first } = fetching(queryClient);
    patchQuery(queryClient, queryKey, add(2));
    patchQuery(queryClient, queryKey, add(3));
    answers[0]?.([1]);
    await first;

    await vi.waitFor(() => expect(queryClient.getQueryData(queryKey)).toEqual([1, 2, 3]));
    expect(queryClient.getQueryState(queryKey)?.isInvalidated).toBe(true);
  });

  it("keeps what came during a refetch, and does not stop that", async () => {
    const queryClient = new QueryClient();
    queryClient.setQueryData(queryKey, [1]);
    const { answers, first } = fetching(queryClient);
    patchQuery(queryClient, queryKey, add(2));
    expect(queryClient.getQueryData(queryKey)).toEqual([1, 2]);
    answers[0]?.([1, 4]);
    await first;

    await vi.waitFor(() => expect(queryClient.getQueryData(queryKey)).toEqual([1, 4, 2]));
  });
});
