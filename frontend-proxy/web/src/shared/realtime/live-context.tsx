import { createContext, use, useEffect, useEffectEvent, useSyncExternalStore } from "react";
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

/** Listens to channels as long as the component is shown. */
export function useChannels(names: readonly string[], handler: ChannelHandler): void {
  const live = useLive();
  const onEvent = useEffectEvent(handler.onEvent);
  const onGap = useEffectEvent(handler.onGap);
  const list = names.join(" ");
  useEffect(() => {
    let quiet: ReturnType<typeof setTimeout> | undefined;
    const ends = list
      .split(" ")
      .filter((name) => name !== "")
      .map((name) =>
        live.subscribe(name, {
          onEvent: (event) => onEvent(event),
          onGap: () => {
            clearTimeout(quiet);
            quiet = setTimeout(() => onGap(), gapQuiet);
          },
        }),
      );
    return () => {
      clearTimeout(quiet);
      for (const end of ends) {
        end();
      }
    };
  }, [live, list]);
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
