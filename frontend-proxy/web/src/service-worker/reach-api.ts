import { configureApi } from "@/shared/api/client";

/** Learns from the server where the API is: what the pages know of it, a service worker cannot read. */
export async function reachApi(signal?: AbortSignal): Promise<void> {
  const config = await fetch("/config.json", signal === undefined ? {} : { signal });
  const { api_base: base } = (await config.json()) as { api_base?: unknown };
  if (typeof base !== "string") {
    throw new Error("config.json: not a configuration");
  }
  configureApi(base);
}
