import { Button, TextInput } from "@mantine/core";
import { IconCalendarPlus } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/client";
import { problemText } from "../refusals";
import { CopyButton } from "../ui/copy-button";
import { Dialog } from "../ui/dialog";
import classes from "../ui/dialog.module.css";
import { FormError } from "../ui/form-error";
import { type Feed, useMakeCalendar } from "./queries";

type CalendarButtonProps = {
  feed: Feed;
  /** What it is about, as people call it. */
  about: string;
  /** It is what one comes for. */
  primary?: boolean;
};

/** Makes a link with which a calendar elsewhere follows this, and shows it this once. */
export function CalendarButton({ feed, about, primary = false }: CalendarButtonProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        {...(primary ? { variant: "signal" } : {})}
        leftSection={<IconCalendarPlus size={18} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {t("calendars.add")}
      </Button>
      {open && <CalendarDialog feed={feed} about={about} onClose={() => setOpen(false)} />}
    </>
  );
}

type CalendarDialogProps = { feed: Feed; about: string; onClose: () => void };

function CalendarDialog({ feed, about, onClose }: CalendarDialogProps) {
  const { t } = useTranslation();
  const make = useMakeCalendar();
  if (make.isSuccess) {
    return <Made url={make.data.url} about={about} onClose={onClose} />;
  }
  return (
    <Dialog title={t("calendars.dialog_title", { about })} onClose={onClose}>
      <div className={classes.content}>
        <p className={classes.text}>{t(`calendars.text_${feed.feed}`)}</p>
        <p className={classes.text}>{t("calendars.secret")}</p>
        {make.isError && <FormError>{problemText(t, make.error)}</FormError>}
        {make.error instanceof ApiError && make.error.temporary && (
          <p className={classes.text}>{t("calendars.perhaps_made")}</p>
        )}
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button
            variant="signal"
            data-autofocus
            loading={make.isPending}
            onClick={() => make.mutate(feed)}
          >
            {t("calendars.make")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

type MadeProps = { url: string; about: string; onClose: () => void };

function Made({ url, about, onClose }: MadeProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [failed, setFailed] = useState(false);
  return (
    <Dialog
      title={t("calendars.made_title", { about })}
      onClose={onClose}
      // A click beside it would lose what can be seen only now.
      closeOnClickOutside={false}
    >
      <div className={classes.content}>
        <p className={classes.text}>{t("calendars.made_text")}</p>
        <TextInput
          ref={input}
          label={t("calendars.link")}
          readOnly
          value={url}
          onFocus={(event) => event.currentTarget.select()}
        />
        {failed && <FormError>{t("copy.failed")}</FormError>}
        <p className={classes.text}>
          <a href={url.replace(/^https?:/, "webcal:")}>{t("calendars.open")}</a>
        </p>
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("calendars.done")}</Button>
          <CopyButton
            variant="signal"
            text={url}
            onFailed={() => {
              input.current?.select();
              setFailed(true);
            }}
          >
            {t("calendars.copy")}
          </CopyButton>
        </div>
      </div>
    </Dialog>
  );
}
