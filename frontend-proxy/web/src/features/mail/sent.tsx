import { IconCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { MailSent } from "@/shared/api/types";
import { Notice } from "@/shared/ui/view-states";
import type { Draft } from "./draft";
import { SkippedList } from "./skipped-list";
import classes from "./write-page.module.css";

type SentProps = { answer: MailSent; draft: Draft };

/** What became of a mail that was sent: to how many it goes, who gets nothing, and where to see how it goes on. */
export function Sent({ answer, draft }: SentProps) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  // What was at the end of the form is gone: the answer has the eye and the focus.
  useEffect(() => {
    place.current?.focus();
    place.current?.scrollIntoView({ block: "center" });
  }, []);
  return (
    <div ref={place} tabIndex={-1} className={classes.sent}>
      <Notice
        icon={<IconCheck size={20} aria-hidden />}
        action={
          <Link to="/manage/mail" search={{ sending: answer.id }} className={classes.link ?? ""}>
            {t("mail_write.to_log")}
          </Link>
        }
      >
        {t("mail_write.sent", { count: answer.items.length, subject: draft.subject })}
      </Notice>
      <SkippedList skipped={answer.skipped} buildings={draft.buildings} />
    </div>
  );
}
