import { OutboxDatabase } from "@/features/work/outbox/database";
import { outboxName } from "@/features/work/outbox/outbox-name";
import { sendWithoutPage } from "@/features/work/outbox/send-without-page";
import { sendEntry } from "@/features/work/outbox/transport";
import { api, unwrap } from "@/shared/api/client";
import { mayExist } from "@/shared/kept-database";
import { reachApi } from "./reach-api";

/** Sends what waits on this device while no page does; throws when something is left that the browser may try again. */
export async function sendOutbox(ends: AbortSignal): Promise<void> {
  if (!(await mayExist(outboxName))) {
    return;
  }
  const database = new OutboxDatabase();
  try {
    await sendWithoutPage(
      {
        database,
        transport: sendEntry,
        whoIsSignedIn: async (signal) => {
          await reachApi(signal);
          return (await unwrap(api().GET("/me", { signal }))).id;
        },
      },
      ends,
    );
  } finally {
    database.close();
  }
}
