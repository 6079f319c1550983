import type { WebSocket as ReconnectingSocket } from "partysocket";

/** An event of a channel. `id` is the position in the channel's stream. */
export type LiveEvent = { channel: string; id: string; type: string; data: unknown };

type ServerFrame =
  | { op: "subscribed"; channel: string; id: string; recovered: boolean }
  | ({ op: "event" } & LiveEvent)
  | { op: "error"; channel?: string; code?: string; message?: string }
  | { op: "pong" };

/** `ended`: the server closed for good (signed out, no access) and this connection does not come back by itself. */
export type LiveStatus = "connecting" | "live" | "offline" | "ended";

export type ChannelHandler = {
  onEvent: (event: LiveEvent) => void;
  /** Events may have been missed: fetch what is shown again. */
  onGap: () => void;
};

type Channel = { handlers: Set<ChannelHandler>; lastId: string | undefined };

export type OpenSocket = (url: string) => LiveSocket;

/** The part of a socket that is used here; partysocket in the app, a double in tests. */
export type LiveSocket = Pick<
  ReconnectingSocket,
  "readyState" | "send" | "close" | "reconnect" | "addEventListener"
>;

// A phone that changes networks keeps a dead socket, and a screen that says "live" must not lie for long.
const quietTime = 10_000;
const answerTime = 4_000;
const placeTime = 15_000;
const connecting = 0;
const open = 1;

export const tooManyConnections = 4501;

/**
 * Close codes that end the connection: 1008 (policy), 3500–3999 and 4500–4999. After every other code, and after a lost
 * network, it is opened again. Of the final ones, too many connections (4501) passes when another window is closed: it is
 * tried again, but slowly.
 */
export function endsForGood(code: number): boolean {
  if (code === tooManyConnections) {
    return false;
  }
  return code === 1008 || (code >= 3500 && code <= 3999) || (code >= 4500 && code <= 4999);
}

// A browser reports a socket that is closed before it is open as an error: it is closed as soon as it is.
function closeQuietly(socket: LiveSocket): void {
  const close = () => socket.close(1000);
  if (socket.readyState !== connecting) {
    close();
    return;
  }
  socket.addEventListener("open", close);
  socket.addEventListener("close", close);
}

/**
 * One socket for all channels. It resubscribes after a lost connection from the last position it saw, and tells the
 * handlers when the server could not fill the gap.
 */
export class LiveConnection {
  private readonly channels = new Map<string, Channel>();
  private readonly listeners = new Set<() => void>();
  private socket: LiveSocket | undefined;
  /** Somebody listens, and what opens sockets may not be here yet. */
  private wanted = false;
  private loading = false;
  private status: LiveStatus = "connecting";
  private changedAt = Date.now();
  private ping: ReturnType<typeof setTimeout> | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private closing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: () => string,
    private open?: OpenSocket,
    /** Brings what opens sockets, behind the first page. */
    private readonly load = async (): Promise<OpenSocket> =>
      (await import("./reconnecting-socket")).openSocket,
  ) {}

  /** Listens to a channel; the answer ends it. The socket opens with the first channel and closes after the last. */
  subscribe(name: string, handler: ChannelHandler): () => void {
    clearTimeout(this.closing);
    let channel = this.channels.get(name);
    if (channel === undefined) {
      channel = { handlers: new Set(), lastId: undefined };
      this.channels.set(name, channel);
      this.sendSubscribe(name, channel);
    }
    channel.handlers.add(handler);
    this.ensureSocket();
    return () => this.unsubscribe(name, handler);
  }

  /** Closes now and forgets all positions, for another account must not see them. */
  close(): void {
    this.wanted = false;
    clearTimeout(this.ping);
    clearTimeout(this.closing);
    clearTimeout(this.waiting);
    window.removeEventListener("offline", this.onNetwork);
    window.removeEventListener("online", this.onNetwork);
    if (this.socket !== undefined) {
      closeQuietly(this.socket);
    }
    this.socket = undefined;
    for (const channel of this.channels.values()) {
      channel.lastId = undefined;
    }
    this.setStatus("connecting");
  }

  /** Nothing comes any more: what is shown may be somebody's who leaves. */
  isClosed(): boolean {
    return this.socket === undefined;
  }

  /** Opens again after close, for those who still listen. */
  reopen(): void {
    if (this.channels.size > 0) {
      this.ensureSocket();
    }
  }

  watch = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getStatus = (): LiveStatus => this.status;

  /** When the status last changed: since then the screen may be out of date. */
  getChangedAt = (): number => this.changedAt;

  private unsubscribe(name: string, handler: ChannelHandler): void {
    const channel = this.channels.get(name);
    channel?.handlers.delete(handler);
    if (channel === undefined || channel.handlers.size > 0) {
      return;
    }
    this.channels.delete(name);
    this.send({ op: "unsubscribe", channel: name });
    if (this.channels.size === 0) {
      // Pages hand over: the next one often subscribes at once.
      this.closing = setTimeout(() => this.close(), 1_000);
    }
  }

  private ensureSocket(): void {
    this.wanted = true;
    if (this.open === undefined) {
      void this.bring();
      return;
    }
    if (this.socket !== undefined) {
      return;
    }
    const socket = this.open(this.url());
    this.socket = socket;
    window.addEventListener("offline", this.onNetwork);
    window.addEventListener("online", this.onNetwork);
    socket.addEventListener("open", () => {
      if (this.socket !== socket) {
        return;
      }
      this.setStatus("live");
      for (const [name, channel] of this.channels) {
        this.sendSubscribe(name, channel);
      }
      this.watchSocket();
    });
    socket.addEventListener("message", (message) => {
      if (this.socket === socket) {
        this.watchSocket();
        this.receive(JSON.parse(String(message.data)) as ServerFrame);
      }
    });
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) {
        clearTimeout(this.ping);
        this.setStatus(endsForGood(event.code) ? "ended" : "offline");
        if (event.code === tooManyConnections) {
          this.waiting = setTimeout(() => this.socket?.reconnect(), placeTime);
        }
      }
    });
  }

  private async bring(): Promise<void> {
    if (this.loading) {
      return;
    }
    this.loading = true;
    try {
      this.open = await this.load();
    } catch {
      this.setStatus("offline");
      this.waiting = setTimeout(() => this.reopen(), placeTime);
      return;
    } finally {
      this.loading = false;
    }
    // Whoever listened may have left.
    if (this.wanted) {
      this.ensureSocket();
    }
  }

  private receive(frame: ServerFrame): void {
    switch (frame.op) {
      case "subscribed": {
        const channel = this.channels.get(frame.channel);
        if (channel !== undefined && !frame.recovered) {
          channel.lastId = frame.id;
          this.gap(frame.channel);
        }
        return;
      }
      case "event": {
        const channel = this.channels.get(frame.channel);
        if (channel === undefined) {
          return;
        }
        channel.lastId = frame.id;
        for (const handler of [...channel.handlers]) {
          handler.onEvent(frame);
        }
        return;
      }
      case "error":
        if (frame.channel !== undefined) {
          this.gap(frame.channel);
        }
        return;
      case "pong":
        return;
    }
  }

  private gap(name: string): void {
    for (const handler of [...(this.channels.get(name)?.handlers ?? [])]) {
      handler.onGap();
    }
  }

  private sendSubscribe(name: string, channel: Channel): void {
    this.send({
      op: "subscribe",
      channel: name,
      ...(channel.lastId === undefined ? {} : { since: channel.lastId }),
    });
  }

  private send(frame: object): void {
    if (this.socket?.readyState === open) {
      this.socket.send(JSON.stringify(frame));
    }
  }

  // No answer to a ping means that what is shown is not live, and that the socket is worth nothing.
  private watchSocket(): void {
    clearTimeout(this.ping);
    this.ping = setTimeout(() => this.askForLife(), quietTime);
  }

  private askForLife(): void {
    clearTimeout(this.ping);
    this.send({ op: "ping" });
    this.ping = setTimeout(() => {
      this.setStatus("offline");
      this.socket?.reconnect();
    }, answerTime);
  }

  /** The browser says that the network is gone or back. */
  private onNetwork = (): void => {
    if (this.socket === undefined || this.status === "ended") {
      return;
    }
    if (!navigator.onLine) {
      clearTimeout(this.ping);
      this.setStatus("offline");
    }
    this.socket.reconnect();
  };

  private setStatus(status: LiveStatus): void {
    if (status === this.status) {
      return;
    }
    this.status = status;
    this.changedAt = Date.now();
    for (const listener of this.listeners) {
      listener();
    }
  }
}
