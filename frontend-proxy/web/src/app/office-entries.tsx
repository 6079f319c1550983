import { VisuallyHidden } from "@mantine/core";
import {
  IconArrowsExchange,
  IconBuilding,
  IconCalendarEvent,
  IconCalendarPlus,
  IconHistory,
  IconLayoutList,
  IconMail,
  IconMap2,
  IconMessageReport,
  IconRoute,
  IconUsers,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { incidentCountsQuery, useIncidentEvents } from "@/shared/incidents/incident-queries";
import classes from "./shell.module.css";

// A phone has no room for the wide ones: it shows them in a menu.
export const entries = [
  { to: "/today", label: "nav.today", Icon: IconLayoutList },
  { to: "/plan", label: "nav.plan", Icon: IconCalendarPlus },
  { to: "/manage/swaps", label: "nav.swaps", Icon: IconArrowsExchange, wide: true },
  { to: "/manage/collections", label: "nav.collections", Icon: IconCalendarEvent, wide: true },
  { to: "/manage/tours", label: "nav.tours", Icon: IconRoute },
  { to: "/manage/buildings", label: "nav.buildings", Icon: IconBuilding },
  { to: "/manage/incidents", label: "nav.incidents", Icon: IconMessageReport, wide: true },
  { to: "/people", label: "nav.people", Icon: IconUsers, wide: true },
  { to: "/manage/regions", label: "nav.regions", Icon: IconMap2, wide: true },
  { to: "/manage/mail", label: "nav.mail", Icon: IconMail, wide: true },
  { to: "/manage/audit", label: "nav.audit", Icon: IconHistory, wide: true },
] as const satisfies readonly {
  to: string;
  label: string;
  Icon: typeof IconUsers;
  wide?: true;
}[];

/** How many incidents nobody has taken up yet, as it is now. */
export function OpenIncidents() {
  const { t } = useTranslation();
  useIncidentEvents();
  const count = useQuery(incidentCountsQuery).data?.open ?? 0;
  return (
    count > 0 && (
      <span className={classes.count}>
        <span aria-hidden>{count}</span>
        <VisuallyHidden>{t("nav.open_incidents", { count })}</VisuallyHidden>
      </span>
    )
  );
}
