import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { allPages, pagedQuery } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type {
  Building,
  CollectionRule,
  CollectionRuleParams,
  CollectionRulePreview,
  CollectionRuleResult,
  RuleGeneration,
  Tour,
} from "@/shared/api/types";
import type { RuleState } from "./states";

export type RuleFilter = {
  q?: string | undefined;
  region?: number | undefined;
  tour?: number | undefined;
  building?: number | undefined;
  type?: string | undefined;
  state?: RuleState | undefined;
};

/** The rules in the order in which they were made, by page. */
export function rulesQuery({ q, region, tour, building, type, state }: RuleFilter) {
  return pagedQuery<CollectionRule>(
    [...queryKeys.collectionRules, "list", { q, region, tour, building, type, state }],
    (page, signal) =>
      unwrap(
        api().GET("/collection-rules", {
          params: {
            query: {
              ...page,
              ...(q !== undefined && { q }),
              ...(region !== undefined && { region }),
              ...(tour !== undefined && { tour }),
              ...(building !== undefined && { building: [building] }),
              ...(type !== undefined && { type }),
              ...(state === "held" && { held: true }),
              ...(state === "archived" && { archived: true }),
            },
          },
          signal,
        }),
      ),
  );
}

export function ruleQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.collectionRules, "one", id],
    queryFn: ({ signal }): Promise<CollectionRule> =>
      unwrap(api().GET("/collection-rules/{id}", { params: { path: { id } }, signal })),
  });
}

/** What a rule made of its collections the last time. */
export function generationQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.collectionRules, "generation", id],
    queryFn: ({ signal }): Promise<RuleGeneration> =>
      unwrap(api().GET("/collection-rules/{id}/generation", { params: { path: { id } }, signal })),
  });
}

/** The next dates of a rule as it is described. The version says nothing about them. */
export function previewQuery(body: CollectionRuleParams) {
  return queryOptions({
    queryKey: [...queryKeys.collectionRules, "preview", { ...body, version: 0 }],
    queryFn: ({ signal }): Promise<CollectionRulePreview> =>
      unwrap(api().POST("/planning/collection-rules/preview", { body, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** The tours that a rule can be for. */
export const tourChoicesQuery = queryOptions({
  queryKey: [...queryKeys.tours, "of-rules"],
  queryFn: ({ signal }): Promise<Tour[]> =>
    allPages<Tour>((query) => unwrap(api().GET("/tours", { params: { query }, signal }))),
});

/** Buildings by what is typed. */
export function buildingsFoundQuery(q: string) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "of-rules", q],
    queryFn: async ({ signal }): Promise<Building[]> =>
      (
        await unwrap(
          api().GET("/buildings", {
            params: { query: { limit: 20, ...(q === "" ? {} : { q }) } },
            signal,
          }),
        )
      ).items,
    placeholderData: keepPreviousData,
  });
}

function useRuleMutation<Input>(change: (input: Input) => Promise<CollectionRuleResult>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async ({ rule }) => {
      queryClient.setQueryData(ruleQuery(rule.id).queryKey, rule);
      await Promise.all(
        [queryKeys.collectionRules, queryKeys.collections].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
}

/** Stores a rule, a new one without an id. */
export function useSaveRule(id: number | undefined) {
  return useRuleMutation((body: CollectionRuleParams) =>
    id === undefined
      ? unwrap(api().POST("/collection-rules", { body }))
      : unwrap(api().PUT("/collection-rules/{id}", { params: { path: { id } }, body })),
  );
}

/** Takes a rule out of use, or back into it. */
export function useSetRuleArchived(id: number) {
  return useRuleMutation((archived: boolean) =>
    archived
      ? unwrap(api().DELETE("/collection-rules/{id}", { params: { path: { id } } }))
      : unwrap(api().POST("/collection-rules/{id}/unarchive", { params: { path: { id } } })),
  );
}
