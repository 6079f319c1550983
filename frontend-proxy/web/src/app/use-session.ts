import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { meQuery } from "@/features/auth/queries";
import { useMe } from "@/features/auth/use-me";
import { useOutbox } from "@/features/outbox/outbox-context";
import { adoptAccountLanguage } from "@/shared/i18n/i18n";
import { useChannels, useLive, useLiveStatus } from "@/shared/realtime/live-context";

/** What holds while someone is signed in: the outbox sends, and the server's word on the session is heard. */
export function useSession(): void {
  const me = useMe();
  const outbox = useOutbox();
  const live = useLive();
  const status = useLiveStatus();
  const queryClient = useQueryClient();

  useEffect(() => {
    adoptAccountLanguage(me.language);
  }, [me.language]);

  useEffect(() => {
    if (me.role === "student") {
      outbox.start(me.id);
    }
  }, [outbox, me.id, me.role]);

  // The server closes for good when the session ended or the role changed; the account tells which.
  useEffect(() => {
    if (status !== "ended") {
      return;
    }
    const timer = setTimeout(() => {
      void queryClient
        .fetchQuery({ ...meQuery, staleTime: 0 })
        .then(() => live.reopen())
        // No account: the cache has sent the visitor to sign-in.
        .catch(() => undefined);
    }, 1_000);
    return () => clearTimeout(timer);
  }, [status, live, queryClient]);

  useChannels(["me"], {
    onEvent: (event) => {
      if (event.type === "session.ended") {
        void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      } else {
        void queryClient.invalidateQueries({ queryKey: ["my-runs"] });
      }
    },
    onGap: () => void queryClient.invalidateQueries({ queryKey: ["my-runs"] }),
  });
}
