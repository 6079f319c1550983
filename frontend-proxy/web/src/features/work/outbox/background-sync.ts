/** The name under which the service worker is told that there is network to send the queue with. */
export const syncTag = "trottoir-outbox";

type WithSync = { sync?: { register(tag: string): Promise<void> } };

/**
 * Asks the browser to have the service worker send the queue as soon as there is network, also when the app is closed by then.
 * A browser that cannot, or may not, leaves the queue to the next page.
 */
export async function askForSync(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await (registration as WithSync | undefined)?.sync?.register(syncTag);
  } catch {
    // Not now, or not for this address: nothing is lost.
  }
}
