import { Button, Radio, Textarea } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import classes from "./skip-sheet.module.css";
import { type StagedPhoto, StagedPhotos } from "./staged-photos";

type SkipOutcome = "skipped" | "failed";

type SkipSheetProps = {
  address: string;
  opened: boolean;
  onClose: () => void;
  onConfirm: (outcome: SkipOutcome, reason: string, photos: readonly File[]) => void;
};

const quickReasons = [
  "own_run.quick_no_bins",
  "own_run.quick_no_access",
  "own_run.quick_blocked",
  "own_run.quick_already",
] as const;

/** Leaves a stop without doing it, with a reason. */
export function SkipSheet({ address, opened, onClose, onConfirm }: SkipSheetProps) {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState<SkipOutcome>("skipped");
  const [reason, setReason] = useState("");
  const [photos, setPhotos] = useState<readonly StagedPhoto[]>([]);
  const [tried, setTried] = useState(false);
  const empty = reason.trim() === "";
  return (
    <BottomSheet opened={opened} onClose={onClose} title={t("own_run.skip_title", { address })}>
      <form
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!empty) {
            const shown = outcome === "failed" ? photos.map(({ file }) => file) : [];
            onConfirm(outcome, reason.trim(), shown);
          }
        }}
      >
        <Radio.Group
          label={t("own_run.skip_kind")}
          value={outcome}
          onChange={(value) => setOutcome(value as SkipOutcome)}
        >
          <div className={classes.kinds}>
            {(["skipped", "failed"] as const).map((kind) => (
              <Radio.Card key={kind} value={kind} className={classes.kind}>
                <Radio.Indicator />
                <span className={classes.kindText}>
                  <strong>{t(`own_run.skip_${kind}`)}</strong>
                  <span>{t(`own_run.skip_${kind}_hint`)}</span>
                </span>
              </Radio.Card>
            ))}
          </div>
        </Radio.Group>
        <fieldset className={classes.quick}>
          <legend>{t("own_run.skip_quick")}</legend>
          {quickReasons.map((key) => (
            <Button
              key={key}
              aria-pressed={reason === t(key)}
              {...(reason === t(key)
                ? { leftSection: <IconCheck size={16} stroke={2.5} aria-hidden /> }
                : {})}
              onClick={() => setReason(t(key))}
            >
              {t(key)}
            </Button>
          ))}
        </fieldset>
        <Textarea
          label={t("own_run.skip_reason")}
          description={t("own_run.skip_reason_hint")}
          autosize
          minRows={2}
          maxLength={500}
          value={reason}
          error={tried && empty ? t("own_run.reason_needed") : undefined}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {outcome === "failed" && (
          <div className={classes.proof}>
            <strong>{t("own_run.fail_photo")}</strong>
            <span>{t("own_run.fail_photo_hint")}</span>
            <StagedPhotos
              photos={photos}
              label={t("own_run.fail_photo")}
              onChange={setPhotos}
              camera
            />
          </div>
        )}
        <Button type="submit" variant="ink" size="lg" className={classes.confirm}>
          {outcome === "skipped"
            ? t("own_run.skip_confirm", { address })
            : t("own_run.fail_confirm", { address })}
        </Button>
      </form>
    </BottomSheet>
  );
}
