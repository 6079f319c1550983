import { ApiError } from "@/shared/api/client";
import { isUnsent } from "./entries";
import { backOff, inTime, Outbox, type OutboxOptions } from "./outbox";

/** Milliseconds that it goes on: a browser ends a service worker that takes much longer. */
const patience = 120_000;

type Sender = OutboxOptions & Required<Pick<OutboxOptions, "whoIsSignedIn">>;

/**
 * Sends the entries of whoever is signed in. Each stays with the server's answer until a page has shown it. Photos that are as
 * the camera made them wait for a page too. Throws when something is left that a later try may send.
 */
export async function sendWithoutPage(sender: Sender, ends: AbortSignal): Promise<void> {
  if ((await sender.database.entries.filter(isUnsent).count()) === 0) {
    return;
  }
  const time = new AbortController();
  const end = () => time.abort(new Error("outbox: something is left to be sent"));
  const limit = setTimeout(end, patience);
  ends.addEventListener("abort", end, { once: true });
  if (ends.aborted) {
    end();
  }
  try {
    const accountId = await within(time.signal, askWho(sender, time.signal));
    if (accountId !== undefined) {
      await sendAs(accountId, sender, time);
    }
  } finally {
    clearTimeout(limit);
    ends.removeEventListener("abort", end);
  }
}

/** Waits for work until a signal ends that. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) {
      reject(signal.reason);
    }
  });
  return Promise.race([work, over]);
}

/** Asks whose session this is until the server says so; undefined when it is nobody's. */
async function askWho(
  { whoIsSignedIn, random = Math.random }: Sender,
  time: AbortSignal,
): Promise<number | undefined> {
  for (let tries = 1; ; tries += 1) {
    time.throwIfAborted();
    try {
      return await inTime(whoIsSignedIn);
    } catch (error) {
      if (error instanceof ApiError && error.code === "unauthenticated") {
        return undefined;
      }
      // No network yet, or something that answers in the server's place.
    }
    await new Promise((resolve) => setTimeout(resolve, backOff(tries, random())));
  }
}

async function sendAs(accountId: number, sender: Sender, time: AbortController): Promise<void> {
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const outbox = new Outbox({
    ...sender,
    keepAnswers: true,
    onSignedOut: finish,
    onRest: (delay) => {
      if (delay === undefined) {
        finish();
      } else if (delay > patience) {
        time.abort(new Error("outbox: the server asks to wait"));
      }
    },
  });
  outbox.start(accountId);
  try {
    await within(time.signal, finished);
  } finally {
    outbox.stop();
    await outbox.flush();
  }
}
