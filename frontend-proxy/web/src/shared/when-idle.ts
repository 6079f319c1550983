/** Milliseconds after which it is done even if the page has never been idle: the network may be gone by then. */
const latest = 2_000;

/**
 * Does something once the page has painted and has nothing better to do; what it gives takes that back. Not every browser says when
 * that is.
 */
export function whenIdle(act: () => void): () => void {
  if (typeof window.requestIdleCallback === "function") {
    const idle = window.requestIdleCallback(act, { timeout: latest });
    return () => window.cancelIdleCallback(idle);
  }
  const wait = setTimeout(act, latest / 10);
  return () => clearTimeout(wait);
}
