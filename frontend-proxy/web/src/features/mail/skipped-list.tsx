import { useTranslation } from "react-i18next";
import type { MailSkipped } from "@/shared/api/types";
import { Notice } from "@/shared/ui/view-states";
import type { Choice } from "./receiver-fields";
import classes from "./write-page.module.css";

type SkippedListProps = { skipped: readonly MailSkipped[]; buildings: readonly Choice[] };

/** Who was named and gets nothing, and why. */
export function SkippedList({ skipped, buildings }: SkippedListProps) {
  const { t } = useTranslation();
  if (skipped.length === 0) {
    return null;
  }
  const place = (id: number) => buildings.find((building) => building.id === id)?.label ?? "";
  return (
    <Notice>
      {t("mail_write.skipped", { count: skipped.length })}
      <ul className={classes.skipped}>
        {skipped.map(({ user_id: user, building_id: building, name, reason }) => (
          <li key={`${user} ${building}`}>
            {reason === "no_syndic"
              ? t("mail_write.skipped_no_syndic", { building: place(building) })
              : building === 0
                ? t("mail_write.skipped_inactive", { name })
                : t("mail_write.skipped_inactive_syndic", { name, building: place(building) })}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
