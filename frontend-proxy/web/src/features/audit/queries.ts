import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
} from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { fullName, streetLine } from "@/shared/address";
import { ApiError, api, apiFetch, apiURL, toApiError, unwrap } from "@/shared/api/client";
import { allPages } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { AuditEntry, AuditName, Building, Tour } from "@/shared/api/types";
import { today } from "@/shared/dates";
import { personQuery } from "@/shared/people/person-query";
import { regionChoicesQuery } from "@/shared/regions/region-choices";
import type { AuditKind, NamedKind, ThingKind } from "./kinds";

export type AuditFilter = {
  /** Who did it, or whose account it is about. */
  person?: number | undefined;
  thing_kind?: ThingKind | undefined;
  /** Of the kind; that of a visit is no number. */
  thing_id?: number | string | undefined;
  kind?: AuditKind | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

/** What things are called, by `kind:id`. */
export type Names = Readonly<Record<string, string>>;

/** A change with the names of what its facts hold. */
export type AuditChange = AuditEntry & { names: Names };

function named(entry: AuditEntry, names: readonly AuditName[]): AuditChange {
  return { ...entry, names: Object.fromEntries(names.map((n) => [`${n.kind}:${n.id}`, n.name])) };
}

/** The filter as the API takes it. */
function queryOf({ person, thing_kind, thing_id, kind, from, to }: AuditFilter) {
  return {
    ...(person === undefined ? {} : { person }),
    ...(thing_kind === undefined ? {} : { thing_kind }),
    ...(thing_id === undefined || thing_kind === undefined ? {} : { thing_id: String(thing_id) }),
    ...(kind === undefined ? {} : { kind }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

// A change is in the log seconds after it was made.
const pace = 15_000;

/** Who changed what by page, the latest first. What is new comes by itself, until somebody goes back in time. */
export function changesQuery(filter: AuditFilter) {
  const query = queryOf(filter);
  return infiniteQueryOptions({
    queryKey: [...queryKeys.audit, "list", query],
    queryFn: async ({ pageParam, signal }) => {
      const answer = await unwrap(
        api().GET("/audit", {
          params: {
            query: { ...query, limit: 50, ...(pageParam === "" ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      );
      return {
        items: answer.items.map((entry) => named(entry, answer.names)),
        next_cursor: answer.next_cursor,
      };
    },
    initialPageParam: "",
    getNextPageParam: (page) => (page.next_cursor === "" ? undefined : page.next_cursor),
    select: ({ pages }): AuditChange[] => pages.flatMap((page) => page.items),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : pace),
  });
}

export function changeQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.audit, "one", id],
    queryFn: async ({ signal }): Promise<AuditChange> => {
      const { entry, names } = await unwrap(
        api().GET("/audit/entries/{id}", { params: { path: { id } }, signal }),
      );
      if (entry === null) {
        throw new ApiError({ status: 200, code: "unknown", message: "no change in the answer" });
      }
      return named(entry, names);
    },
    // The log is only ever added to.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Saves what the filter shows as a file for spreadsheets. */
export function useDownload(filter: AuditFilter) {
  return useMutation({
    mutationFn: async () => {
      const query = new URLSearchParams(
        Object.entries(queryOf(filter)).map(([name, value]) => [name, String(value)]),
      );
      const response = await apiFetch(apiURL(`/audit/csv?${query}`));
      if (!response.ok) {
        throw toApiError(response, await response.json().catch(() => undefined));
      }
      const file = URL.createObjectURL(await response.blob());
      const link = document.createElement("a");
      link.href = file;
      link.download = `trottoir-${today()}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(file), 60_000);
    },
  });
}

/** Something that can be chosen by its name. */
type Choice = { id: number; label: string };

function buildingLabel({ name, address }: Building, t: TFunction): string {
  const street = streetLine(address, t);
  return name === `${address.street} ${address.house_number}` ? street : `${street} · ${name}`;
}

/** What of a kind matches a search; of regions and tours, of which there are few, all of them. */
export function choicesQuery(kind: NamedKind, q: string, t: TFunction) {
  const search = { limit: 50, ...(q === "" ? {} : { q }) };
  return queryOptions({
    queryKey: [...(kind === "account" ? queryKeys.users : [`${kind}s`]), "audit-choices", kind, q],
    queryFn: async ({ signal, client }): Promise<Choice[]> => {
      switch (kind) {
        case "account":
          return (
            await unwrap(api().GET("/users", { params: { query: search }, signal }))
          ).items.map((user) => ({ id: user.id, label: fullName(user) }));
        case "building":
          return (
            await unwrap(api().GET("/buildings", { params: { query: search }, signal }))
          ).items.map((building) => ({ id: building.id, label: buildingLabel(building, t) }));
        case "tour":
          return (
            await allPages<Tour>((query) =>
              unwrap(api().GET("/tours", { params: { query }, signal })),
            )
          ).map(({ id, name }) => ({ id, label: name }));
        case "region":
          return (await client.fetchQuery(regionChoicesQuery)).map(({ id, name }) => ({
            id,
            label: name,
          }));
      }
    },
    placeholderData: keepPreviousData,
  });
}

/** What one thing of a kind is called. */
export function choiceQuery(kind: NamedKind, id: number, t: TFunction) {
  const params = { path: { id } };
  return queryOptions({
    queryKey: [...(kind === "account" ? queryKeys.users : [`${kind}s`]), "audit-choice", kind, id],
    queryFn: async ({ signal, client }): Promise<Choice> => {
      switch (kind) {
        case "account":
          return {
            id,
            label: fullName(await client.fetchQuery(personQuery(id))),
          };
        case "building":
          return {
            id,
            label: buildingLabel(await unwrap(api().GET("/buildings/{id}", { params, signal })), t),
          };
        case "tour":
          return { id, label: (await unwrap(api().GET("/tours/{id}", { params, signal }))).name };
        case "region":
          return {
            id,
            label:
              (await client.fetchQuery(regionChoicesQuery)).find((r) => r.id === id)?.name ?? "",
          };
      }
    },
  });
}
