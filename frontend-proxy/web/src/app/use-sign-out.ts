import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { use } from "react";
import { signOut } from "@/features/auth/queries";
import { useOutbox } from "@/features/work/outbox/outbox-context";
import { meQuery } from "@/shared/account/me-query";
import { useLive } from "@/shared/realtime/live-context";
import { OfflineCacheContext } from "./offline-cache-context";

/** Signs out. Sign-in is shown when the device keeps nothing of the account any more. */
export function useSignOut() {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const live = useLive();
  const outbox = useOutbox();
  const offlineCache = use(OfflineCacheContext);
  return useMutation({
    mutationFn: async () => {
      // What is still asked for, or told, would find the session gone, as if somebody else had ended it.
      live.close();
      // Whoever cannot leave for want of a network stays known here.
      await queryClient.cancelQueries(meQuery, { revert: false });
      await queryClient.cancelQueries();
      await Promise.all([signOut(), offlineCache?.forget().catch(reportError)]);
    },
    onError: () => {
      live.reopen();
      offlineCache?.keepAgain();
      void queryClient.invalidateQueries();
    },
    onSuccess: async () => {
      outbox.stop();
      // The server tells this browser nothing any more; its vendor need not know it either.
      void import("@/shared/notifications/this-device")
        .then(({ forgetThisDevice }) => forgetThisDevice())
        .catch(reportError);
      await navigate({ to: "/sign-in" });
      queryClient.clear();
    },
  });
}
