import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useOutbox } from "@/features/work/outbox/outbox-context";
import { meQuery } from "@/shared/account/me-query";
import { useMe } from "@/shared/account/use-me";
import { queryKeys } from "@/shared/api/query-keys";
import { adoptAccountLanguage } from "@/shared/i18n/i18n";
import { useChannels, useLiveStatus } from "@/shared/realtime/live-context";
import { useNowAndThen } from "@/shared/realtime/use-now-and-then";
import { whenIdle } from "@/shared/when-idle";

/** What holds while someone is signed in: the outbox sends, and the server's word on the session is heard. */
export function useSession(): void {
  const me = useMe();
  const outbox = useOutbox();
  const status = useLiveStatus();
  const queryClient = useQueryClient();

  // Another tab signed in somebody else: nothing of the account before may stay on this screen.
  const first = useRef(me.id);
  useEffect(() => {
    if (me.id !== first.current) {
      window.location.replace("/");
    }
  }, [me.id]);

  useEffect(() => {
    // Without network, or without the vendor of the browser, the next opening does it.
    return whenIdle(() => {
      import("@/shared/notifications/this-device")
        .then(({ keepTold }) => keepTold(me.id))
        .catch(() => undefined);
    });
  }, [me.id]);

  const router = useRouter();
  useEffect(() => {
    // Somebody tapped a notification, and this page is to show what it is about.
    const open = ({ data }: MessageEvent) => {
      if (data?.type === "OPEN" && typeof data.url === "string") {
        router.history.push(data.url);
      }
    };
    navigator.serviceWorker?.addEventListener("message", open);
    return () => navigator.serviceWorker?.removeEventListener("message", open);
  }, [router]);

  useEffect(() => {
    adoptAccountLanguage(me.language);
  }, [me.language]);

  useEffect(() => {
    // Whatever the role is now: what waits on this device was done when it was another.
    outbox.start(me.id);
  }, [outbox, me.id]);

  // The server closed for good: asking for the account tells whether the session is over, and then leads to sign-in.
  useEffect(() => {
    if (status === "ended") {
      void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    }
  }, [status, queryClient]);

  const readRuns = useNowAndThen(
    () => void queryClient.invalidateQueries({ queryKey: queryKeys.myRuns }),
  );
  const readSwaps = useNowAndThen(
    () => void queryClient.invalidateQueries({ queryKey: queryKeys.swaps }),
  );
  const readKeptRuns = useNowAndThen(
    () => void queryClient.invalidateQueries({ queryKey: queryKeys.runs }),
  );
  useChannels(["me"], {
    onEvent: (event) => {
      if (event.type.startsWith("collection.")) {
        readRuns();
        readKeptRuns();
        return;
      }
      if (event.type.startsWith("run.")) {
        readRuns();
        return;
      }
      if (event.type.startsWith("swap.")) {
        readSwaps();
        return;
      }
      void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: queryKeys.myAccount });
    },
    onGap: () => {
      readRuns();
      readKeptRuns();
      readSwaps();
    },
  });
}
