import { it } from "vitest";
import { liveThrough } from "./simulation/history";

it(
  "keeps what a worker does, whatever happens to phone, network and server (2 of 4)",
  {
    timeout: 600_000,
  },
  () => liveThrough(2),
);
