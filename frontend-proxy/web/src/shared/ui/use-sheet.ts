import { useLocation, useNavigate, useRouter } from "@tanstack/react-router";

declare module "@tanstack/react-router" {
  interface HistoryState {
    sheet?: string;
  }
}

export type Sheet = {
  opened: boolean;
  open: () => void;
  /** Resolves when the sheet's place in the history is gone: only then go elsewhere. */
  close: () => Promise<void>;
};

/** A sheet or dialog that is a place in the history, so that a phone's Back closes it and leaves nothing else. */
export function useSheet(name: string): Sheet {
  const router = useRouter();
  const navigate = useNavigate();
  const opened = useLocation({ select: ({ state }) => state.sheet === name });
  return {
    opened,
    open: () =>
      void navigate({
        to: ".",
        search: true,
        state: (state) => ({ ...state, sheet: name }),
        resetScroll: false,
      }),
    close: () =>
      new Promise((resolve) => {
        if (router.history.location.state.sheet !== name) {
          resolve();
          return;
        }
        const end = router.history.subscribe(() => {
          end();
          resolve();
        });
        router.history.back();
      }),
  };
}
