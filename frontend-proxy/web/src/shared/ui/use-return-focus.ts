import { useEffect, useState } from "react";

/** Puts the focus back where it was when the component goes; to the page's content when that is gone too. */
export function useReturnFocus(): void {
  // While rendering: afterwards the component takes the focus itself.
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // After what closes has left the document, and before anything is painted.
      queueMicrotask(() => focusOr(opener));
    },
    [opener],
  );
}

function focusOr(opener: Element | null): void {
  const lost = document.activeElement === null || document.activeElement === document.body;
  if (!lost) {
    return;
  }
  if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) {
    opener.focus({ preventScroll: true });
  }
  if (document.activeElement === document.body) {
    document.getElementById("content")?.focus({ preventScroll: true });
  }
}
