const storageKey = "trottoir.open-run";

type OpenRun = { accountId: number; runId: number };

function read(): OpenRun | undefined {
  try {
    const stored = JSON.parse(
      localStorage.getItem(storageKey) ?? "null",
    ) as Partial<OpenRun> | null;
    const known = Number.isSafeInteger(stored?.accountId) && Number.isSafeInteger(stored?.runId);
    return known ? (stored as OpenRun) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps which run a worker is in, so that the app opens where they left it. */
export function rememberOpenRun(accountId: number, runId: number): void {
  localStorage.setItem(storageKey, JSON.stringify({ accountId, runId } satisfies OpenRun));
}

/** The run is over, left, or not theirs. */
export function forgetOpenRun(runId: number): void {
  if (read()?.runId === runId) {
    localStorage.removeItem(storageKey);
  }
}

/** The run this account was in; another account's is nobody's business. */
export function openRun(accountId: number): number | undefined {
  const stored = read();
  return stored?.accountId === accountId ? stored.runId : undefined;
}

/** Somebody is in a run on this device. */
export function isRunOpen(): boolean {
  return read() !== undefined;
}
