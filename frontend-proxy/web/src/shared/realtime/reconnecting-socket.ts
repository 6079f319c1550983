import { WebSocket as ReconnectingSocket } from "partysocket";
import { endsForGood, type LiveSocket, tooManyConnections } from "./live-connection";

/** Opens a socket that comes back by itself. */
export function openSocket(url: string): LiveSocket {
  return new ReconnectingSocket(url, [], {
    minReconnectionDelay: 500,
    maxReconnectionDelay: 20_000,
    maxEnqueuedMessages: 0,
    // After too many connections this class waits itself.
    shouldReconnectOnClose: (event) =>
      !endsForGood(event.code) && event.code !== tooManyConnections,
  });
}
