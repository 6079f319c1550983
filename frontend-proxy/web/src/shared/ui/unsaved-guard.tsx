import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "./confirm-dialog";

type UnsavedGuard = {
  /** Show it on the page. */
  guard: ReactNode;
  /** Call it right before leaving after a save. */
  release: () => void;
  /** Does what closes a dialog that has no address of its own: at once, or after asking. */
  closing: (close: () => void) => void;
};

/**
 * Keeps people from leaving a page or a dialog with changes that are not saved. When the session has ended meanwhile, what they
 * wrote stays until they have signed in elsewhere.
 */
export function useUnsavedGuard(dirty: boolean): UnsavedGuard {
  const { t } = useTranslation();
  const released = useRef(false);
  const [asked, setAsked] = useState<{ close: () => void }>();
  const blocked = () => dirty && !released.current;
  const blocker = useBlocker({
    shouldBlockFn: blocked,
    enableBeforeUnload: blocked,
    withResolver: true,
  });
  const leaving =
    blocker.status === "blocked"
      ? {
          text: t(blocker.next.pathname === "/sign-in" ? "unsaved.signed_out" : "unsaved.text"),
          stay: blocker.reset,
          leave: blocker.proceed,
        }
      : asked && {
          text: t("unsaved.closing"),
          stay: () => setAsked(undefined),
          leave: asked.close,
        };
  return {
    guard: leaving && (
      <ConfirmDialog
        title={t("unsaved.title")}
        text={leaving.text}
        keep={t("unsaved.stay")}
        confirm={t("unsaved.leave")}
        onClose={leaving.stay}
        onConfirm={leaving.leave}
      />
    ),
    release: () => {
      released.current = true;
    },
    closing: (close) => (blocked() ? setAsked({ close }) : close()),
  };
}
