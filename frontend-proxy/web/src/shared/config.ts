import { configureApi } from "./api/client";

const storageKey = "trottoir.api-base";

// A bad network must not keep the app from opening; an address that is known needs no long wait.
const waitWithAddress = 2_000;
const waitWithout = 20_000;

/**
 * Learns where the API is. Without a network that answers in time the last known address serves, so that a worker can
 * open the app in a cellar; a device that never saw the server throws.
 */
export async function loadConfig(): Promise<void> {
  const known = localStorage.getItem(storageKey);
  let base: string;
  try {
    base = await fetchBase(known === null ? waitWithout : waitWithAddress);
    localStorage.setItem(storageKey, base);
  } catch (cause) {
    if (known === null) {
      throw cause;
    }
    base = known;
  }
  configureApi(base.startsWith("//") ? window.location.protocol + base : base);
}

async function fetchBase(wait: number): Promise<string> {
  const request = new AbortController();
  const limit = setTimeout(() => request.abort(), wait);
  try {
    const response = await fetch("/config.json", { signal: request.signal });
    const config = (await response.json()) as { api_base?: unknown } | null;
    if (!response.ok || typeof config?.api_base !== "string") {
      throw new Error(`config.json: HTTP ${response.status}`);
    }
    return config.api_base;
  } finally {
    clearTimeout(limit);
  }
}
