import { Button, Title } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { type ReactNode, useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/shared/account/use-me";
import { ApiError } from "@/shared/api/client";
import { errorText } from "@/shared/i18n/error-text";
import { NotLoaded } from "@/shared/ui/lazy-part";
import { PageTitle } from "@/shared/ui/page-title";
import classes from "./message-pages.module.css";

type MessageProps = { title: string; text: string; children?: ReactNode };

/** A page that only says something. */
export function Message({ title, text, children }: MessageProps) {
  return (
    <div className={classes.message}>
      <PageTitle>{title}</PageTitle>
      <span className={classes.kerb} aria-hidden />
      <Title order={1}>{title}</Title>
      <p>{text}</p>
      {children}
    </div>
  );
}

function HomeButton() {
  const { t } = useTranslation();
  return <Button renderRoot={(props) => <Link to="/" {...props} />}>{t("page.home")}</Button>;
}

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Message title={t("page.not_found_title")} text={t("page.not_found_text")}>
      <HomeButton />
    </Message>
  );
}

export function NoAccessPage() {
  const { t } = useTranslation();
  const { role } = useMe();
  return (
    <Message
      title={t("page.no_access_title")}
      text={t("page.no_access_text", { role: t(`role.${role}`) })}
    >
      <HomeButton />
    </Message>
  );
}

/** The page of an account that the office has not given a role yet. */
export function WelcomePage() {
  const { t } = useTranslation();
  return <Message title={t("page.none_title")} text={t("page.none_text")} />;
}

/** A page that failed, because there is no network or by a mistake of ours. */
export function CrashPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const known = error instanceof ApiError;
  const retry = () => {
    // A part of the app is asked for at its address once; only a reload asks again, and also gets a newer version.
    if (!known || (error instanceof NotLoaded && navigator.onLine)) {
      window.location.reload();
      return;
    }
    reset();
    void router.invalidate();
  };
  const retryOnline = useEffectEvent(retry);
  const network = known && error.code === "network";
  useEffect(() => {
    if (network) {
      const onOnline = () => retryOnline();
      window.addEventListener("online", onOnline);
      return () => window.removeEventListener("online", onOnline);
    }
    return undefined;
  }, [network]);
  return (
    <Message
      title={known ? t("page.load_failed") : t("page.crash_title")}
      text={known ? errorText(t, error) : t("page.crash_text")}
    >
      <Button onClick={retry}>{t("app.retry")}</Button>
    </Message>
  );
}
