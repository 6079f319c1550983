import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { pagedQuery } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { MailMessage, MailPreference } from "@/shared/api/types";
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
    mutationFn: async (item: Pick<MailPreference, "kind" | "choice">) =>
      (await unwrap(api().PUT("/mail/preferences", { body: { items: [item] } }))).items,
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
export function messagesQuery({ status, kind, q, user, building }: MailFilter) {
  const filter = {
    ...(status === undefined ? {} : { status }),
    ...(kind === undefined ? {} : { kind }),
    ...(q === undefined ? {} : { q }),
    ...(user === undefined ? {} : { user }),
    ...(building === undefined ? {} : { building }),
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

/** How sending goes. */
export const mailStatusQuery = queryOptions({
  queryKey: [...queryKeys.mail, "status"],
  queryFn: ({ signal }) => unwrap(api().GET("/mail/status", { signal })),
  refetchInterval: later,
});

/** Sends a message again, as a new one. */
export function useResend(id: number) {
  return useSending(() =>
    unwrap(api().POST("/mail/messages/{id}/resend", { params: { path: { id } } })),
  );
}

/** Sends a mail to whoever asks for it. */
export function useSendTest() {
  return useSending(() => unwrap(api().POST("/mail/test")));
}

function useSending(send: () => Promise<MailMessage>) {
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
