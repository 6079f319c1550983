import { Button, Skeleton } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/client";
import { errorText } from "../i18n/error-text";
import classes from "./view-states.module.css";

type EmptyStateProps = { title: string; text: string; action?: ReactNode };

/** Nothing here yet, and what to do about it. */
export function EmptyState({ title, text, action }: EmptyStateProps) {
  return (
    <div className={classes.state}>
      <p className={classes.title}>{title}</p>
      <p className={classes.text}>{text}</p>
      {action}
    </div>
  );
}

type ErrorStateProps = { error: unknown; onRetry: () => void };

/** A view that could not be loaded. Asking again is offered where that can help. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { t } = useTranslation();
  const gone = error instanceof ApiError && error.status === 404;
  const final = error instanceof ApiError && !error.temporary;
  return (
    <div className={classes.state} role="alert">
      <p className={classes.title}>{gone ? t("page.gone_title") : t("page.load_failed")}</p>
      <p className={classes.text}>{errorText(t, error)}</p>
      {!final && <Button onClick={onRetry}>{t("app.retry")}</Button>}
    </div>
  );
}

type LoadingRowsProps = { count: number; height: number };

/** Skeleton rows of the height that the loaded ones will have. */
export function LoadingRows({ count, height }: LoadingRowsProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.rows} role="status" aria-label={t("app.loading")}>
      {Array.from({ length: count }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without identity
        <Skeleton key={row} height={height} />
      ))}
    </div>
  );
}

type NoticeProps = { children: ReactNode; icon?: ReactNode; action?: ReactNode };

/** A quiet sentence about the state of things. */
export function Notice({ children, icon, action }: NoticeProps) {
  return (
    <div className={classes.notice} role="status">
      {icon}
      <span>{children}</span>
      {action}
    </div>
  );
}

/** Says that what is shown may be out of date. */
export function StaleMark({ children }: { children: ReactNode }) {
  return (
    <span className={classes.stale} role="status">
      <IconCloudOff size={16} aria-hidden />
      {children}
    </span>
  );
}
