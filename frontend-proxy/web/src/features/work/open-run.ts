const storageKey = "trottoir.open-run";

/** Keeps which run the worker is in, so that the app opens where it was left. */
export function rememberOpenRun(runId: number): void {
  localStorage.setItem(storageKey, String(runId));
}

/** The run is over or left. */
export function forgetOpenRun(runId: number): void {
  if (localStorage.getItem(storageKey) === String(runId)) {
    localStorage.removeItem(storageKey);
  }
}

/** The run the worker was in. */
export function openRun(): number | undefined {
  const id = Number(localStorage.getItem(storageKey));
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
