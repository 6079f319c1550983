import { useTranslation } from "react-i18next";

/** Whole minutes from one moment to another. */
export function minutesBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 60_000);
}

type TimeAgainstAgreedProps = { minutes: number; agreed: number };

/** How long something took, and what that is against what was agreed, in words. */
export function TimeAgainstAgreed({ minutes, agreed }: TimeAgainstAgreedProps) {
  const { t } = useTranslation();
  const more = minutes - agreed;
  return (
    <span>
      {t("app.minutes_short", { count: minutes })},{" "}
      {more === 0
        ? t("run_page.as_agreed")
        : t(more > 0 ? "run_page.longer" : "run_page.shorter", {
            count: Math.abs(more),
            agreed,
          })}
    </span>
  );
}
