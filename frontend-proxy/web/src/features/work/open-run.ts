const storageKey = "trottoir.open-run";

/** The stop is the position that the worker chose; without one the order of the run leads. */
type OpenRun = { accountId: number; runId: number; stop?: number | undefined };

function read(): OpenRun | undefined {
  try {
    const stored = JSON.parse(
      localStorage.getItem(storageKey) ?? "null",
    ) as Partial<OpenRun> | null;
    const known = Number.isSafeInteger(stored?.accountId) && Number.isSafeInteger(stored?.runId);
    if (!known) {
      return undefined;
    }
    const { accountId, runId, stop } = stored as OpenRun;
    return { accountId, runId, stop: Number.isSafeInteger(stop) ? stop : undefined };
  } catch {
    return undefined;
  }
}

/** Keeps which run a worker is in, and at which stop, so that the app opens where they left it. */
export function rememberOpenRun(accountId: number, runId: number, stop?: number): void {
  localStorage.setItem(storageKey, JSON.stringify({ accountId, runId, stop } satisfies OpenRun));
}

/** The run is over, left, or not theirs. */
export function forgetOpenRun(runId: number): void {
  if (read()?.runId === runId) {
    localStorage.removeItem(storageKey);
  }
}

/** The run this account was in; another account's is nobody's business. */
export function openRun(accountId: number): Omit<OpenRun, "accountId"> | undefined {
  const stored = read();
  return stored?.accountId === accountId ? { runId: stored.runId, stop: stored.stop } : undefined;
}

/** Somebody is in a run on this device. */
export function isRunOpen(): boolean {
  return read() !== undefined;
}
