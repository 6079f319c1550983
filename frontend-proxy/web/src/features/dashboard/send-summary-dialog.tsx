import { Button, MultiSelect, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { addressesIn } from "@/shared/mail/addresses";
import { mailStatusQuery } from "@/shared/mail/mail-status-query";
import { officeQuery } from "@/shared/people/office-query";
import { problemText } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { Notice } from "@/shared/ui/view-states";
import { useSendSummary } from "./queries";
import classes from "./send-summary-dialog.module.css";

type SendSummaryDialogProps = { date: string; region: number | undefined; onClose: () => void };

/** Sends what became of a day to people of the office and to typed addresses. */
export function SendSummaryDialog({ date, region, onClose }: SendSummaryDialogProps) {
  const { t } = useTranslation();
  const office = useQuery(officeQuery);
  const status = useQuery(mailStatusQuery);
  const send = useSendSummary();
  const problem = problemText(t, send.error);
  const [people, setPeople] = useState<string[]>([]);
  const [typed, setTyped] = useState("");
  const [missing, setMissing] = useState(false);
  // Once for what is sent: a lost answer sends it once, something else is another sending.
  const last = useRef({ content: "", id: "" });

  const submit = () => {
    const content = {
      date,
      region_id: region ?? 0,
      user_ids: people.map(Number),
      addresses: addressesIn(typed),
    };
    const none = content.user_ids.length + content.addresses.length === 0;
    setMissing(none);
    if (none) {
      return;
    }
    const written = JSON.stringify(content);
    if (last.current.content !== written) {
      last.current = { content: written, id: crypto.randomUUID() };
    }
    send.mutate({ id: last.current.id, ...content });
  };

  if (send.data !== undefined) {
    return (
      <Dialog title={t("summary.sent_title")} onClose={onClose}>
        <div className={classes.form}>
          <p className={classes.text} role="status">
            {t("summary.sent", { count: send.data.items.length })}{" "}
            <Link to="/manage/mail" search={{ kind: "day-summary" }}>
              {t("summary.sent_log")}
            </Link>
          </p>
          <Button onClick={onClose}>{t("app.close")}</Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("summary.send_title")} onClose={onClose} closeOnClickOutside={false}>
      <Form className={classes.form} busy={send.isPending} onSubmit={submit}>
        {status.data?.configured === false && <Notice>{t("summary.no_server")}</Notice>}
        <MultiSelect
          label={t("summary.people")}
          data={(office.data ?? []).map((user) => ({
            value: String(user.id),
            label: fullName(user),
          }))}
          value={people}
          onChange={setPeople}
          searchable
          disabled={send.isPending}
          error={
            missing
              ? t("summary.nobody")
              : office.isError && office.data === undefined && t("summary.people_failed")
          }
        />
        <Textarea
          label={t("summary.addresses")}
          description={t("summary.addresses_hint")}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autosize
          minRows={2}
          maxRows={6}
          disabled={send.isPending}
        />
        <p className={classes.text}>{t("summary.send_hint")}</p>
        {problem && <FormError>{problem}</FormError>}
        <Button type="submit" variant="signal" loading={send.isPending}>
          {t("summary.send")}
        </Button>
      </Form>
    </Dialog>
  );
}
