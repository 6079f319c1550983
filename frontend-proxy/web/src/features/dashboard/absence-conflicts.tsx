import { Anchor } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { addDays, nearDayText } from "@/shared/dates";
import { conflictsQuery } from "@/shared/runs/conflicts-query";
import { useAbsenceEvents } from "@/shared/runs/use-absence-events";
import { Notice } from "@/shared/ui/view-states";
import { useToday } from "@/shared/use-today";

const shown = 3;

/** Says which runs of the next two weeks are planned for somebody who is absent; nothing when there are none. */
export function AbsenceConflicts() {
  const { t, i18n } = useTranslation();
  const today = useToday();
  const conflicts = useQuery(conflictsQuery(today, addDays(today, 13)));
  useAbsenceEvents();
  const first = conflicts.data?.[0];
  if (conflicts.data === undefined || first === undefined) {
    return conflicts.isError ? (
      <Notice icon={<IconAlertTriangle size={20} aria-hidden />}>{t("conflicts.failed")}</Notice>
    ) : null;
  }
  const count = conflicts.data.length;
  const runs = conflicts.data.slice(0, shown).map(({ run }) =>
    t("conflicts.run", {
      worker: fullName(run.worker),
      tour: run.tour.name,
      date: nearDayText(run.date, t, i18n.language),
    }),
  );
  return (
    <Notice icon={<IconAlertTriangle size={20} aria-hidden />}>
      {t("conflicts.notice", { count })} {runs.join(" · ")}
      {count > shown && ` · ${t("conflicts.more", { count: count - shown })}`}{" "}
      <Anchor
        underline="always"
        renderRoot={(props) => <Link to="/plan" search={{ date: first.run.date }} {...props} />}
      >
        {t("conflicts.open")}
      </Anchor>
    </Notice>
  );
}
