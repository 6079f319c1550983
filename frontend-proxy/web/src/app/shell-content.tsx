import { Outlet, useLocation, useMatchRoute } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { NewVersion } from "./new-version";
import { useSearchLeftOut } from "./search-params";
import classes from "./shell.module.css";

/** True in a run on the phone, whoever does it. */
export function useIsWorking(): boolean {
  const match = useMatchRoute()({ to: "/work/$runId" });
  return match !== false && Number(match.runId) > 0;
}

/** The page itself. */
export function Content() {
  const { t } = useTranslation();
  useFocusOnNewPage();
  return (
    <main id="content" tabIndex={-1} className={classes.content}>
      {/* A run is not disturbed. */}
      {!useIsWorking() && <NewVersion />}
      {useSearchLeftOut() && (
        <p role="status" className={classes.leftOut}>
          {t("page.address_left_out")}
        </p>
      )}
      <Outlet />
    </main>
  );
}

// The link that was followed is often gone with its page.
function useFocusOnNewPage() {
  const path = useLocation({ select: (location) => location.pathname });
  useEffect(() => {
    if (path !== "" && document.activeElement === document.body) {
      document.getElementById("content")?.focus({ preventScroll: true });
    }
  }, [path]);
}

/** What a keyboard gets to first. */
export function SkipLink() {
  const { t } = useTranslation();
  return (
    <a href="#content" className={classes.skip}>
      {t("app.skip_to_content")}
    </a>
  );
}
