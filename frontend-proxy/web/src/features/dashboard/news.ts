import { IconAlertTriangle, IconMessage, IconPlayerSkipForward } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import type { DayNews } from "@/shared/api/types";
import { isIncidentKind } from "@/shared/incidents/words";

const icons = { remark: IconMessage, stop: IconPlayerSkipForward, incident: IconAlertTriangle };

export const newsIcon = ({ kind }: DayNews) => icons[kind as keyof typeof icons] ?? IconMessage;

/** What happened, in a word. */
export function newsText(t: TFunction, { kind, detail }: DayNews): string {
  switch (kind) {
    case "incident":
      return t("feed.incident", {
        kind: isIncidentKind(detail) ? t(`incidents.kinds.${detail}`) : detail,
      });
    case "stop":
      return t(detail === "failed" ? "feed.failed" : "feed.skipped");
    default:
      return t("feed.remark");
  }
}
