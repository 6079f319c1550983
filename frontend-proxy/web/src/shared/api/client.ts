import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type { Named } from "./types";

export type RefusedRow = { index: number; reason: string };

/** An answer of the API that is not a success, or no answer at all (code `network`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly reason: string | undefined;
  /** Seconds that the server asks to wait. */
  readonly retryAfter: number | undefined;
  /** The entries of a list that are refused, by their place in the request. */
  readonly rows: readonly RefusedRow[];
  /** The ids of the things that stand in the way. */
  readonly ids: readonly number[];
  /** When it became as it is, where the refusal says that. */
  readonly since: string | undefined;

  constructor(init: {
    status: number;
    code: string;
    message: string;
    field?: string | undefined;
    reason?: string | undefined;
    retryAfter?: number | undefined;
    rows?: readonly RefusedRow[];
    ids?: readonly number[];
    since?: string | undefined;
    cause?: unknown;
  }) {
    super(init.message, { cause: init.cause });
    this.name = "ApiError";
    this.status = init.status;
    this.code = init.code;
    this.field = init.field;
    this.reason = init.reason;
    this.retryAfter = init.retryAfter;
    this.rows = init.rows ?? [];
    this.ids = init.ids ?? [];
    this.since = init.since;
  }

  /** True when the same request may succeed later without anyone changing anything. */
  get temporary(): boolean {
    return (
      this.status === 0 ||
      this.status === 408 ||
      this.status === 429 ||
      this.status >= 500 ||
      this.code === "foreign_answer" ||
      this.code === "aborted" ||
      this.code === "canceled"
    );
  }
}

let base = "";
let client = makeClient();

/** Sets where the API is, as the server's configuration says it; called once, before the first request. */
export function configureApi(apiBase: string): void {
  base = (apiBase.startsWith("//") ? location.protocol + apiBase : apiBase).replace(/\/$/, "");
  client = makeClient();
}

/** The absolute or origin-relative address of an API path, for images and uploads. */
export function apiURL(path: string): string {
  return base + path;
}

/** The address of the WebSocket on the API's host. */
export function liveURL(): string {
  const url = new URL(apiURL("/ws"), location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** fetch against the API with the session cookie; a failure to reach it becomes an ApiError. */
export async function apiFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    return await globalThis.fetch(input, { credentials: "include", ...init });
  } catch (cause) {
    const signal = input instanceof Request ? input.signal : init?.signal;
    if (signal?.aborted) {
      throw signal.reason;
    }
    throw new ApiError({
      status: 0,
      code: "network",
      message: "The server cannot be reached.",
      cause,
    });
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What answered is not the API: a hotspot that wants its visitors to sign in, a proxy with a page of its own. */
function foreignAnswer(status: number, cause?: unknown): ApiError {
  return new ApiError({
    status,
    code: "foreign_answer",
    message: "Something else than Trottoir answered.",
    cause,
  });
}

// A proxy refuses what is too big before the API sees it; that is as good as the API's own word.
const tooLarge = { code: "invalid_argument", reason: "too_large" };

/** Reads the API's error body. An error of another shape comes from something in between, and settles nothing. */
export function toApiError(response: Response, body: unknown): ApiError {
  const fields = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const details = (
    typeof fields.details === "object" && fields.details !== null ? fields.details : {}
  ) as Record<string, unknown>;
  // A proxy says it in the header; the API also in the details, which are readable across origins.
  const wait = Number(details.retry_after ?? response.headers.get("Retry-After"));
  const known = text(fields.code);
  if (known === undefined && response.status < 500 && ![408, 413, 429].includes(response.status)) {
    return foreignAnswer(response.status);
  }
  const { code, reason } =
    response.status === 413 && known === undefined
      ? tooLarge
      : { code: known ?? "unavailable", reason: text(details.reason) };
  return new ApiError({
    status: response.status,
    code,
    message: text(fields.message) ?? `HTTP ${response.status}`,
    field: text(details.field),
    reason,
    retryAfter: Number.isFinite(wait) && wait > 0 ? wait : undefined,
    rows: Array.isArray(details.rows) ? details.rows : [],
    ids: Array.isArray(details.ids) ? details.ids : [],
    since: text(details.since),
  });
}

// What the office writes again, unchanged, while it is not known whether the first time arrived is one request: it has one
// key until an answer comes, and is then done once.
const unanswered = new Map<string, string>();
export const keyed =
  /^\/(absences|buildings|collection-rules|collections|comments|incidents|invitations|mail\/send|me\/calendars|planning|regions|runs|swaps|tours|waste-kinds|workers)(\/|$)/;

/** Sends a request; a write of the office carries the key of the same request that was not answered, or one of its own. */
async function sendOnce(request: Request): Promise<Response> {
  const path = request.url.slice((base || location.origin).length);
  // What has a key keeps it: a draft that outlives the page.
  if (
    !["POST", "PUT", "DELETE"].includes(request.method) ||
    !keyed.test(path) ||
    request.headers.has("Idempotency-Key")
  ) {
    return apiFetch(request);
  }
  const content = `${request.method} ${path} ${await request.clone().text()}`;
  const key = unanswered.get(content) ?? crypto.randomUUID();
  unanswered.set(content, key);
  request.headers.set("Idempotency-Key", key);
  const response = await apiFetch(request);
  // A server or proxy that fails may have lost the answer of what was done; a page of a hotspot is no answer at all.
  if (response.status < 500 && response.headers.get("Content-Type")?.includes("json")) {
    unanswered.delete(content);
    if (request.method === "DELETE" || path.endsWith("/cancel")) {
      forgetAbout(thingOf(path));
    }
  }
  return response;
}

/** What a path is about: runs, whether they are planned or under way. */
function thingOf(path: string | undefined): string | undefined {
  return path?.split(/[/?]/).find((part) => part !== "" && part !== "planning");
}

// Whoever takes something back has seen what is stored: written once more it is another one, and not the answer of before.
function forgetAbout(thing: string | undefined): void {
  for (const content of unanswered.keys()) {
    if (thingOf(content.split(" ", 2)[1]) === thing) {
      unanswered.delete(content);
    }
  }
}

function isForeign(response: Response): boolean {
  const type = response.headers.get("Content-Type");
  return response.ok && type !== null && !/\bjson\b/.test(type);
}

function makeClient() {
  return createClient<paths>({
    baseUrl: base || location.origin,
    fetch: async (request) => {
      const response = await sendOnce(request);
      if (isForeign(response)) {
        throw foreignAnswer(response.status);
      }
      return response;
    },
  });
}

/** Reads an answer of the API to a request that did not go through the typed client. */
export async function readAnswer<T>(response: Response): Promise<T> {
  const unread = Symbol();
  const body: unknown = await response.json().catch(() => unread);
  if (!response.ok) {
    throw toApiError(response, body);
  }
  if (isForeign(response) || body === unread) {
    throw foreignAnswer(response.status);
  }
  return body as T;
}

/** The typed client. Paths and bodies come from the OpenAPI document. */
export function api() {
  return client;
}

/** Turns openapi-fetch's answer into data or a thrown ApiError. */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<Named<T>> {
  const { data, error, response } = await call;
  if (!response.ok) {
    throw toApiError(response, error);
  }
  return data as Named<T>;
}
