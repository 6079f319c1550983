import { afterEach, describe, expect, it, vi } from "vitest";
import { makeTestLive } from "../testing/live";
import { endsForGood, LiveConnection, type LiveSocket } from "./live-connection";

const handler = () => ({ onEvent: vi.fn(), onGap: vi.fn() });
const event = (id: string) => ({
  op: "event",
  channel: "run:12",
  id,
  type: "run.progress",
  data: {},
});

describe("live connection", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("subscribes again after a lost connection, from the last event it saw", () => {
    const { live, socket } = makeTestLive();
    const run = handler();
    live.subscribe("run:12", run);
    socket.opens();
    socket.receives({ op: "subscribed", channel: "run:12", id: "5-0", recovered: false });
    socket.receives(event("6-0"));

    socket.closes(1006);
    expect(live.getStatus()).toBe("offline");
    socket.opens();

    expect(live.getStatus()).toBe("live");
    expect(socket.sent).toEqual([
      { op: "subscribe", channel: "run:12" },
      { op: "subscribe", channel: "run:12", since: "6-0" },
    ]);
  });

  it("asks for a full fetch only when events may have been missed", () => {
    const { live, socket } = makeTestLive();
    const run = handler();
    live.subscribe("run:12", run);
    socket.opens();

    socket.receives({ op: "subscribed", channel: "run:12", id: "5-0", recovered: true });
    expect(run.onGap).not.toHaveBeenCalled();
    socket.receives({ op: "subscribed", channel: "run:12", id: "9-0", recovered: false });
    expect(run.onGap).toHaveBeenCalledTimes(1);
    socket.opens();
    expect(socket.sent.at(-1)).toEqual({ op: "subscribe", channel: "run:12", since: "9-0" });
  });

  it("shares one subscription and ends it with its last listener", () => {
    const { live, socket } = makeTestLive();
    const [first, second] = [handler(), handler()];
    const endFirst = live.subscribe("run:12", first);
    const endSecond = live.subscribe("run:12", second);
    socket.opens();
    socket.receives(event("1-0"));
    endFirst();
    socket.receives(event("2-0"));
    endSecond();

    expect(first.onEvent).toHaveBeenCalledTimes(1);
    expect(second.onEvent).toHaveBeenCalledTimes(2);
    expect(socket.sent.map((frame) => frame.op)).toEqual(["subscribe", "unsubscribe"]);
  });

  it("comes back after a restart or a slow moment, and not after the session ended", () => {
    for (const code of [1001, 1006, 4000, 4001, 4002]) {
      expect(endsForGood(code), String(code)).toBe(false);
    }
    for (const code of [1008, 4500, 4999]) {
      expect(endsForGood(code), String(code)).toBe(true);
    }
    const { live, socket } = makeTestLive();
    live.subscribe("me", handler());
    socket.opens();
    socket.closes(4500);
    expect(live.getStatus()).toBe("ended");
  });

  it("waits for a place after too many connections, and takes it", () => {
    vi.useFakeTimers();
    const { live, socket } = makeTestLive();
    live.subscribe("me", handler());
    socket.opens();
    socket.closes(4501);

    expect(live.getStatus()).toBe("offline");
    vi.advanceTimersByTime(10_000);
    expect(socket.reconnects, "not at once: another window has the place").toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(socket.reconnects).toBe(1);
    socket.opens();
    expect(live.getStatus()).toBe("live");
  });

  it("replaces a socket that does not answer any more, and is not live meanwhile", () => {
    vi.useFakeTimers();
    const { live, socket } = makeTestLive();
    live.subscribe("me", handler());
    socket.opens();

    vi.advanceTimersByTime(10_000);
    expect(socket.sent.at(-1)).toEqual({ op: "ping" });
    socket.receives({ op: "pong" });
    vi.advanceTimersByTime(9_000);
    expect(socket.reconnects).toBe(0);
    vi.advanceTimersByTime(5_000);
    expect(live.getStatus()).toBe("offline");
    expect(socket.reconnects).toBe(1);
  });

  it("closes a socket that is not open yet when it is, without a word to anybody", () => {
    const { live, socket } = makeTestLive();
    const me = handler();
    live.subscribe("me", me);
    live.close();
    expect(socket.readyState, "still connecting").toBe(0);

    socket.opens();
    expect(socket.readyState).toBe(3);
    expect(socket.sent).toEqual([]);
    expect(live.getStatus()).toBe("connecting");
  });

  it("does not try again when it was closed before it could connect", () => {
    const { live, socket } = makeTestLive();
    live.subscribe("me", handler());
    live.close();
    const close = vi.spyOn(socket, "close");
    socket.closes(1006);
    expect(close).toHaveBeenCalled();
  });

  it("is not live as soon as the network is gone", () => {
    const { live, socket } = makeTestLive();
    live.subscribe("me", handler());
    socket.opens();
    const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    window.dispatchEvent(new Event("offline"));
    expect(live.getStatus()).toBe("offline");

    online.mockReturnValue(true);
    window.dispatchEvent(new Event("online"));
    expect(socket.reconnects).toBeGreaterThan(0);
    online.mockRestore();
  });

  it("opens when what opens sockets is here, for those who still listen", async () => {
    const { socket } = makeTestLive();
    const open = vi.fn(() => socket as unknown as LiveSocket);
    const load = vi.fn(async () => open);
    const live = new LiveConnection(() => "ws://trottoir.test/ws", undefined, load);
    live.subscribe("me", handler());
    live.subscribe("run:12", handler());
    live.close(); // they sign out
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1));
    await load.mock.results[0]?.value;
    expect(open).not.toHaveBeenCalled();

    live.reopen(); // and stay after all
    await vi.waitFor(() => expect(open).toHaveBeenCalledTimes(1));
    socket.opens();
    expect(socket.sent).toEqual([
      { op: "subscribe", channel: "me" },
      { op: "subscribe", channel: "run:12" },
    ]);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("is not live while what opens sockets does not come, and asks for it again", async () => {
    vi.useFakeTimers();
    const { socket } = makeTestLive();
    const load = vi
      .fn(async () => () => socket as unknown as LiveSocket)
      .mockRejectedValueOnce(new TypeError("no network"));
    const live = new LiveConnection(() => "ws://trottoir.test/ws", undefined, load);
    live.subscribe("me", handler());
    await vi.advanceTimersByTimeAsync(0);
    expect(live.getStatus()).toBe("offline");
    await vi.advanceTimersByTimeAsync(15_000);
    socket.opens();
    expect(live.getStatus()).toBe("live");
  });
});
