import { photoAsItIs, shrinkPhoto } from "@/shared/photo";
import type { Photo } from "@/shared/shrunk-photo";
import { askForSync } from "./background-sync";
import { decodingTries, type OutboxOptions, type Surroundings } from "./outbox";

function shrinkUnlessDeadly(file: Blob, tries: number): Promise<Photo> {
  return tries < decodingTries ? shrinkPhoto(file) : photoAsItIs(file);
}

function watchPage({ wake, reconnect, leave }: Surroundings): () => void {
  const look = () => (document.visibilityState === "visible" ? wake() : leave());
  window.addEventListener("online", reconnect);
  window.addEventListener("focus", wake);
  document.addEventListener("visibilitychange", look);
  return () => {
    window.removeEventListener("online", reconnect);
    window.removeEventListener("focus", wake);
    document.removeEventListener("visibilitychange", look);
  };
}

// Refused or not, the queue goes on: the browser decides by how much the app is used.
async function persistStorage(): Promise<void> {
  await navigator.storage?.persist?.();
}

/** What an outbox does in a page, and not in a service worker. */
export const inPage: Pick<OutboxOptions, "shrink" | "watch" | "sendLater" | "persist"> = {
  shrink: shrinkUnlessDeadly,
  watch: watchPage,
  sendLater: () => void askForSync(),
  persist: persistStorage,
};
