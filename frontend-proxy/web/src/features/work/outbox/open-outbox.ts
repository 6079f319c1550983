import type { QueryClient } from "@tanstack/react-query";
import { meQuery } from "@/shared/account/me-query";
import { today } from "@/shared/dates";
import { thumbnailOf } from "@/shared/photo";
import { applyAnswer } from "../apply-answer";
import type { PhotoStore } from "../kept/photo-store";
import { storageRoom } from "../kept/storage-room";
import { workRunQuery } from "../queries";
import { OutboxDatabase } from "./database";
import type { PictureEntry } from "./entries";
import { inPage } from "./in-page";
import { Outbox } from "./outbox";
import { sendEntry } from "./transport";

/** The queue on this device, whose answers go into this cache; photos that were sent stay small in the store for a day. */
export function openOutbox(queryClient: QueryClient, store: PhotoStore | undefined): Outbox {
  return new Outbox({
    ...inPage,
    database: new OutboxDatabase(),
    transport: sendEntry,
    onSent: (entry, answer, photo) => {
      applyAnswer(queryClient, entry.runId, answer);
      if (entry.sent !== undefined) {
        // The answer is of a while ago: whatever happened since is asked for.
        const { queryKey } = workRunQuery(entry.runId);
        void queryClient.invalidateQueries({ queryKey }, { cancelRefetch: false });
      }
      if (store !== undefined && entry.kind === "picture" && photo !== undefined) {
        const run = queryClient.getQueryData(workRunQuery(entry.runId).queryKey);
        // A tile without network shows an empty picture then; the photo itself is with the server.
        keepSmall(store, entry, photo, run?.date ?? today()).catch(() => undefined);
      }
    },
    wasSent: async (runId, sha256) => (await store?.wasSent(runId, sha256)) ?? false,
    // Asking for the account leads to sign-in, or to whoever is signed in now.
    onSignedOut: () => void queryClient.invalidateQueries({ queryKey: meQuery.queryKey }),
    whoIsSignedIn: async (signal) => {
      const { queryKey } = meQuery;
      // One that hangs is not waited for again. It may have begun before the device told whom it knows: that stays.
      const giveUp = () => void queryClient.cancelQueries({ queryKey }, { revert: false });
      signal.addEventListener("abort", giveUp, { once: true });
      return (await queryClient.fetchQuery({ ...meQuery, staleTime: 0 })).id;
    },
  });
}

/**
 * Keeps a small copy of a photo that was sent, for the day of its run: of one that this phone has shrunk, which has a checksum since;
 * another may be too much for it. No tile shows those of incidents.
 */
export async function keepSmall(
  store: PhotoStore,
  entry: PictureEntry,
  photo: ArrayBuffer,
  until: string,
  shrink = thumbnailOf,
): Promise<void> {
  if (entry.sha256 === undefined || entry.incidentId !== undefined || (await storageRoom()).low) {
    return;
  }
  const bytes = await shrink(new Blob([photo], { type: entry.contentType }));
  if (bytes !== undefined) {
    const { id, accountId, runId, sha256 } = entry;
    await store.keepPhoto({ id, accountId, runId, until, sha256, size: bytes.byteLength, bytes });
  }
}
