import { createContext, use, useEffect, useEffectEvent, useRef, useSyncExternalStore } from "react";
import type { ChannelHandler, LiveConnection, LiveStatus } from "./live-connection";

export const LiveContext = createContext<LiveConnection | undefined>(undefined);

/** The app's live connection. */
export function useLive(): LiveConnection {
  const live = use(LiveContext);
  if (live === undefined) {
    throw new Error("useLive needs a LiveContext");
  }
  return live;
}

// Many channels report their gap at once after a reconnect; one fetch serves all.
const gapQuiet = 100;

/** Listens to channels as long as the component is shown. Channels that stay in the list keep their subscription. */
export function useChannels(names: readonly string[], handler: ChannelHandler): void {
  const live = useLive();
  const onEvent = useEffectEvent(handler.onEvent);
  const onGap = useEffectEvent(handler.onGap);
  const subscriptions = useRef(new Map<string, () => void>());
  const quiet = useRef<ReturnType<typeof setTimeout>>(undefined);
  const list = names.join(" ");

  useEffect(() => {
    const wanted = new Set(list.split(" ").filter((name) => name !== ""));
    for (const [name, end] of subscriptions.current) {
      if (!wanted.has(name)) {
        end();
        subscriptions.current.delete(name);
      }
    }
    for (const name of wanted) {
      if (!subscriptions.current.has(name)) {
        const end = live.subscribe(name, {
          onEvent: (event) => onEvent(event),
          onGap: () => {
            clearTimeout(quiet.current);
            quiet.current = setTimeout(() => {
              if (!live.isClosed()) {
                onGap();
              }
            }, gapQuiet);
          },
        });
        subscriptions.current.set(name, end);
      }
    }
  }, [live, list]);

  useEffect(() => {
    const mine = subscriptions.current;
    return () => {
      clearTimeout(quiet.current);
      for (const end of mine.values()) {
        end();
      }
      mine.clear();
    };
  }, []);
}

/** Whether what is shown is live. */
export function useLiveStatus(): LiveStatus {
  const live = useLive();
  return useSyncExternalStore(live.watch, live.getStatus);
}

/** The moment since which the screen may be out of date. */
export function useStatusChangedAt(): number {
  const live = useLive();
  return useSyncExternalStore(live.watch, live.getChangedAt);
}
