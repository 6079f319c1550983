import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "./confirm-dialog";

/**
 * Keeps people from leaving a page with changes that are not saved. Show `guard` on the page; call `release` right before
 * leaving after a save. When the session has ended meanwhile, what they wrote stays until they have signed in elsewhere.
 */
export function useUnsavedGuard(dirty: boolean): { guard: ReactNode; release: () => void } {
  const { t } = useTranslation();
  const released = useRef(false);
  const blocked = () => dirty && !released.current;
  const blocker = useBlocker({
    shouldBlockFn: blocked,
    enableBeforeUnload: blocked,
    withResolver: true,
  });
  return {
    guard: blocker.status === "blocked" && (
      <ConfirmDialog
        title={t("unsaved.title")}
        text={t(blocker.next.pathname === "/sign-in" ? "unsaved.signed_out" : "unsaved.text")}
        keep={t("unsaved.stay")}
        confirm={t("unsaved.leave")}
        onClose={blocker.reset}
        onConfirm={blocker.proceed}
      />
    ),
    release: () => {
      released.current = true;
    },
  };
}
