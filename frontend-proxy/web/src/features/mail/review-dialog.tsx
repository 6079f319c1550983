import { Button, Select } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { MailReceiver, MailReceivers } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { FormError } from "@/shared/ui/form-error";
import { Picture } from "@/shared/ui/picture";
import type { ChosenPhoto } from "./draft";
import { MailPreview } from "./mail-preview";
import previewClasses from "./mail-preview.module.css";
import photoClasses from "./photos.module.css";
import type { Sending } from "./queries";
import type { Choice } from "./receiver-fields";
import { SkippedList } from "./skipped-list";
import { momentText } from "./texts";
import classes from "./write-page.module.css";

type ReviewDialogProps = {
  sending: Sending;
  receivers: MailReceivers;
  /** The buildings that were chosen. */
  buildings: readonly Choice[];
  /** The photos that go with it. */
  photos: readonly ChosenPhoto[];
  /** No mail leaves this installation. */
  off: boolean;
  pending: boolean;
  problem: string | undefined;
  /** Given when the mail left before it was changed: sends the changed one too. */
  onSendAsNew: (() => void) | undefined;
  onSend: () => void;
  onClose: () => void;
};

/** Shows who gets a mail and how it arrives at each of them, and asks whether to send it. */
export function ReviewDialog(props: ReviewDialogProps) {
  const { sending, receivers, buildings, photos, off, pending, problem } = props;
  const { t } = useTranslation();
  const [place, setPlace] = useState(0);
  const { items, copies, skipped } = receivers;
  const count = items.length;
  const receiver = items[place];
  return (
    <Dialog
      title={t("mail_write.review_title", { count })}
      size="xl"
      closeOnClickOutside={!pending}
      onClose={props.onClose}
    >
      <div className={dialog.content}>
        {copies.length > 0 && (
          <p className={dialog.text}>
            {t("mail_write.copies", {
              receiver: items[0] === undefined ? "" : labelOf(items[0]),
              copies: copies.map(labelOf).join(", "),
            })}
          </p>
        )}
        {photos.length > 0 && (
          <div>
            <p className={dialog.text}>{t("mail_write.with_photos", { count: photos.length })}</p>
            <ul className={photoClasses.strip}>
              {photos.map((photo) => (
                <li key={photo.id}>
                  <Picture
                    picture={photo}
                    alt={`${photo.building}, ${momentText(t, photo.taken_at)}`}
                  />
                </li>
              ))}
            </ul>
          </div>
        )}
        <SkippedList skipped={skipped} buildings={buildings} />
        {count > 1 ? (
          <Select
            label={t("letter.preview_for")}
            allowDeselect={false}
            searchable={count > 8}
            data={items.map((item, index) => ({ value: String(index), label: fullLabelOf(item) }))}
            value={String(place)}
            onChange={(value) => setPlace(Number(value ?? 0))}
          />
        ) : (
          receiver !== undefined && (
            <dl className={previewClasses.subject}>
              <dt>{t("mail_log.to")}</dt>
              <dd>{fullLabelOf(receiver)}</dd>
            </dl>
          )
        )}
        {receiver !== undefined && (
          <MailPreview
            previewed={{
              subject: sending.subject,
              body: sending.body,
              user_id: receiver.user_id,
              address: receiver.user_id === 0 ? receiver.address : "",
              building_ids: receiver.building_ids,
            }}
          />
        )}
        {off && <FormError>{t("mail_write.off")}</FormError>}
        {problem !== undefined && <FormError>{problem}</FormError>}
        <div className={`${dialog.actions} ${classes.reviewActions}`}>
          <Button onClick={props.onClose} disabled={pending}>
            {t("mail_write.back")}
          </Button>
          {props.onSendAsNew === undefined ? (
            <Button
              variant="signal"
              leftSection={<IconSend size={18} aria-hidden />}
              loading={pending}
              disabled={off}
              onClick={props.onSend}
            >
              {t("mail_write.send", { count })}
            </Button>
          ) : (
            <Button variant="ink" onClick={props.onSendAsNew}>
              {t("mail_write.as_new")}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

function labelOf({ name, address }: Pick<MailReceiver, "name" | "address">): string {
  return name === "" ? address : name;
}

function fullLabelOf({ name, address }: MailReceiver): string {
  return name === "" ? address : `${name} (${address})`;
}
