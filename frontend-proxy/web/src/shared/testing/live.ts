import type { LiveSocket } from "../realtime/live-connection";
import { LiveConnection } from "../realtime/live-connection";

type Listener = (event: never) => void;

/** A socket whose other end is the test. */
export class TestSocket {
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  reconnects = 0;
  private readonly listeners = new Map<string, Listener[]>();

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  reconnect(): void {
    this.reconnects += 1;
  }

  opens(): void {
    this.readyState = 1;
    this.emit("open", {});
  }

  closes(code: number): void {
    this.readyState = 3;
    this.emit("close", { code });
  }

  receives(frame: object): void {
    this.emit("message", { data: JSON.stringify(frame) });
  }

  /** Receives an event for each building of 1 to count, as when a rule makes collections for all of them. */
  receivesOfBuildings(count: number, type: string, from: string, to: string): void {
    for (let event = 1; event <= count; event++) {
      const data = { building_ids: [event], from, to };
      this.receives({ op: "event", channel: "collections", id: `1-${event}`, type, data });
    }
  }

  private emit(type: string, event: object): void {
    for (const listener of this.listeners.get(type) ?? []) {
      listener(event as never);
    }
  }
}

/** A live connection over a TestSocket. */
export function makeTestLive(): { live: LiveConnection; socket: TestSocket } {
  const socket = new TestSocket();
  const live = new LiveConnection(
    () => "ws://trottoir.test/ws",
    () => socket as unknown as LiveSocket,
  );
  return { live, socket };
}
