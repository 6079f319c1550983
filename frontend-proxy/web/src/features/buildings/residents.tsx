import { Button } from "@mantine/core";
import { IconExternalLink, IconPrinter } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Building } from "@/shared/api/types";
import { CalendarButton } from "@/shared/calendars/calendar-button";
import { openingPage } from "@/shared/files";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { useRenewPublicId } from "./queries";
import sections from "./sections.module.css";

/** What residents see of a building: their page, and the poster that leads there. */
export function Residents({ building }: { building: Building }) {
  const { t } = useTranslation();
  const [renewing, setRenewing] = useState(false);
  const renew = useRenewPublicId(building.id);
  const language = currentLanguage();
  return (
    <section aria-labelledby="residents" className={sections.section}>
      <h2 id="residents" className={sections.title}>
        {t("resident.title")}
      </h2>
      {building.archived ? (
        <p className={sections.quiet}>{t("resident.archived")}</p>
      ) : (
        <>
          <p className={sections.quiet}>
            {t("resident.text")}{" "}
            {t(building.public_photos ? "resident.photos_on" : "resident.photos_off")}
          </p>
          <div className={sections.actions}>
            <Button
              leftSection={<IconExternalLink size={18} aria-hidden />}
              renderRoot={(props) => (
                <a
                  href={`/b/${building.public_id ?? ""}?lang=${language}`}
                  target="_blank"
                  rel="noreferrer"
                  {...props}
                />
              )}
            >
              {t("resident.open")}
            </Button>
            <Button
              leftSection={<IconPrinter size={18} aria-hidden />}
              renderRoot={(props) => (
                <a
                  href={openingPage(`/buildings/${building.id}/poster`)}
                  target="_blank"
                  rel="noreferrer"
                  {...props}
                />
              )}
            >
              {t("resident.poster")}
            </Button>
            <CalendarButton
              feed={{ feed: "building", building_id: building.id }}
              about={building.name || streetLine(building.address, t)}
            />
            <Button onClick={() => setRenewing(true)}>{t("building.renew")}</Button>
          </div>
        </>
      )}
      {renewing && (
        <ConfirmDialog
          title={t("building.renew_title", { address: streetLine(building.address, t) })}
          text={t("building.renew_text")}
          confirm={t("building.renew")}
          pending={renew.isPending}
          problem={problemText(t, renew.error)}
          onConfirm={() => renew.mutate(undefined, { onSuccess: () => setRenewing(false) })}
          onClose={() => {
            renew.reset();
            setRenewing(false);
          }}
        />
      )}
    </section>
  );
}
