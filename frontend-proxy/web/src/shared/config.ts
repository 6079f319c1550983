import { configureApi } from "./api/client";

const storageKey = "trottoir.api-base";

/**
 * Learns where the API is. Without network the last known address serves, so that a worker can open the app in a cellar;
 * a device that never saw the server throws.
 */
export async function loadConfig(): Promise<void> {
  let base: string;
  try {
    const response = await fetch("/config.json");
    if (!response.ok) {
      throw new Error(`config.json: HTTP ${response.status}`);
    }
    const config: unknown = await response.json();
    base = (config as { api_base?: string }).api_base ?? "";
    localStorage.setItem(storageKey, base);
  } catch (cause) {
    const known = localStorage.getItem(storageKey);
    if (known === null) {
      throw cause;
    }
    base = known;
  }
  configureApi(base.startsWith("//") ? window.location.protocol + base : base);
}
