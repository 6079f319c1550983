import { configureApi } from "./api/client";
import { configureTimeZone } from "./dates";
import { configureMap } from "./map/map-config";

// What the server said last, for an opening without network.
const storageKey = "trottoir.config";

type Config = { api_base: string; time_zone: string; map_style_url: string };

// A bad network must not keep the app from opening; what is known needs no long wait.
const waitWhenKnown = 2_000;
const waitWhenUnknown = 20_000;

/**
 * Learns where the API is and in which zone its days are. Without a network that answers in time the last answer serves,
 * so that a worker can open the app in a cellar; a device that never saw the server throws. Tells whether the server
 * answered.
 */
export async function loadConfig(): Promise<boolean> {
  const known = storedConfig();
  let config: Config;
  let answered = true;
  try {
    config = await fetchConfig(known === undefined ? waitWhenUnknown : waitWhenKnown);
    localStorage.setItem(storageKey, JSON.stringify(config));
  } catch (cause) {
    if (known === undefined) {
      throw cause;
    }
    config = known;
    answered = false;
  }
  adopt(config);
  return answered;
}

/** Takes the server's last answer, so that it can be asked before it has answered anew. Tells whether there is one. */
export function adoptKnownConfig(): boolean {
  const known = storedConfig();
  if (known !== undefined) {
    adopt(known);
  }
  return known !== undefined;
}

function adopt({ api_base: base, time_zone: zone, map_style_url: mapStyle }: Config): void {
  configureApi(base);
  configureTimeZone(zone);
  configureMap(mapStyle);
}

async function fetchConfig(wait: number): Promise<Config> {
  const request = new AbortController();
  const limit = setTimeout(() => request.abort(), wait);
  try {
    const response = await fetch("/config.json", { signal: request.signal });
    if (!response.ok) {
      throw new Error(`config.json: HTTP ${response.status}`);
    }
    return readConfig(await response.json());
  } finally {
    clearTimeout(limit);
  }
}

function storedConfig(): Config | undefined {
  try {
    return readConfig(JSON.parse(localStorage.getItem(storageKey) ?? "null"));
  } catch {
    // None, or of another version of the app.
    return undefined;
  }
}

/** Throws for what is no configuration: a page that a proxy puts in its place, or a zone that this browser lacks. */
function readConfig(value: unknown): Config {
  // A map without streets is no reason not to open: one that is kept on the device may be of the version before.
  const { api_base, time_zone, map_style_url = "" } = (value ?? {}) as Partial<Config>;
  if (
    typeof api_base !== "string" ||
    typeof time_zone !== "string" ||
    typeof map_style_url !== "string"
  ) {
    throw new Error("config.json: not a configuration");
  }
  new Intl.DateTimeFormat("en", { timeZone: time_zone });
  return { api_base, time_zone, map_style_url };
}
