import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { mailStatusQuery } from "@/shared/mail/mail-status-query";
import { Notice } from "@/shared/ui/view-states";

/** Says that no mail leaves this installation and what to set, as long as that is so. */
export function NoMailServer() {
  const { t } = useTranslation();
  const status = useQuery(mailStatusQuery);
  return (
    status.data?.configured === false && (
      <Notice icon={<IconAlertTriangle size={20} aria-hidden />}>
        {t("mail_log.not_configured")} {t("mail.what_to_set")}
      </Notice>
    )
  );
}
