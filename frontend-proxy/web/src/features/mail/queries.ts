import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, apiFetch, apiURL, toApiError, unwrap } from "@/shared/api/client";
import { pagedQuery } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type {
  Building,
  BuildingVisit,
  MailMessage,
  MailPreference,
  MailPreviewed,
  MailReceivers,
  MailSent,
  MailTemplate,
  Picture,
  User,
} from "@/shared/api/types";
import type { MailKind, MailStatusName } from "./kinds";

/** Ends the kind of mail that the token in a mail names. */
export async function unsubscribe(token: string): Promise<void> {
  await unwrap(api().POST("/mail/unsubscribe/{token}", { params: { path: { token } } }));
}

/** Which mail the signed-in person gets, and what else they could choose. */
export const preferencesQuery = queryOptions({
  queryKey: [...queryKeys.mail, "preferences"],
  queryFn: async ({ signal }): Promise<MailPreference[]> =>
    (await unwrap(api().GET("/mail/preferences", { signal }))).items,
});

/** Changes one preference. Changes are sent one after the other: the last one counts. */
export function useChoose() {
  const queryClient = useQueryClient();
  return useMutation({
    scope: { id: "mail-preferences" },
    mutationFn: async (
      item: Pick<MailPreference, "kind"> &
        Partial<Pick<MailPreference, "choice"> & { notify: boolean }>,
    ) => (await unwrap(api().PUT("/mail/preferences", { body: { items: [item] } }))).items,
    onSuccess: async (items) => {
      // A list that is under way may have been read before the change.
      await queryClient.cancelQueries({ queryKey: preferencesQuery.queryKey });
      queryClient.setQueryData(preferencesQuery.queryKey, items);
    },
  });
}

export type MailFilter = {
  status?: MailStatusName | undefined;
  kind?: MailKind | undefined;
  q?: string | undefined;
  /** The account of the receiver. */
  user?: number | undefined;
  building?: number | undefined;
  /** What the office sent at once. */
  sending?: number | undefined;
};

export function underWay({ status }: MailMessage): boolean {
  return status === "waiting" || status === "sending";
}

// Mail goes out within seconds, or else it takes minutes and more.
const soon = 3_000;
const later = 30_000;
const fresh = 120_000;

/** After how long to look at messages again, in milliseconds. */
function pace(messages: readonly MailMessage[]): number {
  const now = Date.now();
  return messages.some((m) => underWay(m) && now - Date.parse(m.created_at) < fresh) ? soon : later;
}

/** The log of mail by page, the latest first. */
export function messagesQuery({ status, kind, q, user, building, sending }: MailFilter) {
  const filter = {
    ...(status === undefined ? {} : { status }),
    ...(kind === undefined ? {} : { kind }),
    ...(q === undefined ? {} : { q }),
    ...(user === undefined ? {} : { user }),
    ...(building === undefined ? {} : { building }),
    ...(sending === undefined ? {} : { sending }),
  };
  return {
    ...pagedQuery<MailMessage>([...queryKeys.mail, "messages", filter], (page, signal) =>
      unwrap(api().GET("/mail/messages", { params: { query: { ...page, ...filter } }, signal })),
    ),
    refetchInterval: ({ state }: { state: { data?: { pages: { items: MailMessage[] }[] } } }) =>
      pace(state.data?.pages[0]?.items ?? []),
  };
}

/** A message with what it says and its tries; looked at again while it is under way. */
export function messageQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.mail, "message", id],
    queryFn: ({ signal }) =>
      unwrap(api().GET("/mail/messages/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => {
      const message = state.data?.message;
      return message !== undefined && message !== null && underWay(message) && pace([message]);
    },
  });
}

/** Sends a message again, as a new one. */
export function useResend(id: number) {
  return useDelivery(() =>
    unwrap(api().POST("/mail/messages/{id}/resend", { params: { path: { id } } })),
  );
}

/** Sends a mail to whoever asks for it. */
export function useSendTest() {
  return useDelivery(() => unwrap(api().POST("/mail/test")));
}

function useDelivery<Input = void, Answer = MailMessage>(send: (input: Input) => Promise<Answer>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: send,
    // A refusal may come from what a colleague has done meanwhile.
    onSettled: () => {
      for (const what of ["messages", "message", "status"]) {
        void queryClient.invalidateQueries({ queryKey: [...queryKeys.mail, what] });
      }
    },
  });
}

/** A mail of the office and who gets it, as the server takes it. */
export type Sending = {
  subject: string;
  body: string;
  user_ids: number[];
  building_ids: number[];
  addresses: string[];
  cc: string[];
  about_building_id: number;
  picture_ids: string[];
};

/** Who would get a mail. */
export function useReceivers() {
  return useMutation({
    mutationFn: (sending: Sending): Promise<MailReceivers> =>
      unwrap(api().POST("/mail/receivers", { body: sending })),
  });
}

/**
 * Sends a mail of the office. The same mail with the same key is sent once, however often it is asked for; without a key the
 * client sees to that while no answer comes.
 */
export function useSend() {
  return useDelivery(
    ({ key, ...sending }: Sending & { key?: string }): Promise<MailSent> =>
      unwrap(
        api().POST("/mail/send", {
          body: sending,
          ...(key === undefined ? {} : { params: { header: { "idempotency-key": key } } }),
        }),
      ),
  );
}

/** A text and who would get it: a person, or an address. */
export type Previewed = {
  subject: string;
  body: string;
  user_id: number;
  address: string;
  building_ids: number[];
};

/** A text as it would arrive. */
export function previewQuery(previewed: Previewed) {
  return queryOptions({
    queryKey: [...queryKeys.mail, "preview", previewed],
    queryFn: ({ signal }): Promise<MailPreviewed> =>
      unwrap(api().POST("/mail/preview", { body: { template_id: 0, ...previewed }, signal })),
    // It says today's date, and the names that people have now.
    staleTime: 0,
    gcTime: 0,
  });
}

const templatesKey = [...queryKeys.mail, "templates"];

/** The texts that the office keeps, by name. */
export const templatesQuery = queryOptions({
  queryKey: [...templatesKey, "list"],
  queryFn: async ({ signal }): Promise<MailTemplate[]> =>
    (await unwrap(api().GET("/mail/templates", { signal }))).items,
});

export function templateQuery(id: number) {
  return queryOptions({
    queryKey: [...templatesKey, "one", id],
    queryFn: ({ signal }): Promise<MailTemplate> =>
      unwrap(api().GET("/mail/templates/{id}", { params: { path: { id } }, signal })),
  });
}

export type TemplateFacts = { name: string; subject: string; body: string; version: number };

/** Keeps a template, a new one without an id. */
export function useSaveTemplate(id: number | undefined) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (facts: TemplateFacts): Promise<MailTemplate> =>
      id === undefined
        ? unwrap(api().POST("/mail/templates", { body: facts }))
        : unwrap(api().PUT("/mail/templates/{id}", { params: { path: { id } }, body: facts })),
    onSuccess: async (template) => {
      queryClient.setQueryData(templateQuery(template.id).queryKey, template);
      await queryClient.invalidateQueries({ queryKey: templatesQuery.queryKey });
    },
  });
}

export function useDeleteTemplate(id: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      try {
        await unwrap(api().DELETE("/mail/templates/{id}", { params: { path: { id } } }));
      } catch (error) {
        // A colleague was faster: it is as one wanted.
        if (!(error instanceof ApiError && error.code === "not_found")) {
          throw error;
        }
      }
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: templatesQuery.queryKey }),
  });
}

const shown = 20;

/** The people who match, the first of them. */
export function peopleFoundQuery(q: string) {
  return queryOptions({
    queryKey: [...queryKeys.users, "found", q],
    queryFn: async ({ signal }): Promise<User[]> =>
      (
        await unwrap(
          api().GET("/users", {
            params: { query: { limit: shown, status: "active", ...(q === "" ? {} : { q }) } },
            signal,
          }),
        )
      ).items,
    placeholderData: keepPreviousData,
  });
}

/** The buildings in use that match, the first of them. */
export function buildingsFoundQuery(q: string) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "found", q],
    queryFn: async ({ signal }): Promise<Building[]> =>
      (
        await unwrap(
          api().GET("/buildings", {
            params: { query: { limit: shown, ...(q === "" ? {} : { q }) } },
            signal,
          }),
        )
      ).items,
    placeholderData: keepPreviousData,
  });
}

/** The visits of a building, the latest first. */
export function visitsQuery(building: number) {
  return pagedQuery<BuildingVisit>([...queryKeys.buildings, "visits", building], (page, signal) =>
    unwrap(
      api().GET("/buildings/{id}/visits", {
        params: { path: { id: building }, query: page },
        signal,
      }),
    ),
  );
}

/** How many bytes a photo has as it is sent. */
export function pictureBytesQuery({ id, urls }: Pick<Picture, "id" | "urls">) {
  return queryOptions({
    queryKey: [...queryKeys.mail, "picture-bytes", id],
    queryFn: async ({ signal }): Promise<number> => {
      const response = await apiFetch(apiURL(urls["1600"] ?? ""), { signal });
      if (!response.ok) {
        throw toApiError(response, undefined);
      }
      return (await response.blob()).size;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}
