import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { download } from "../download";
import { CopyButton } from "../ui/copy-button";
import dialog from "../ui/dialog.module.css";
import { FormError } from "../ui/form-error";
import classes from "./second-factor.module.css";

type RecoveryCodesProps = { codes: readonly string[]; email: string; onKept: () => void };

/** Recovery codes, which can be seen this once, and ways to keep them. */
export function RecoveryCodes({ codes, email, onKept }: RecoveryCodesProps) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const first = useRef<HTMLParagraphElement>(null);
  // The form that had the focus is gone: who listens hears what comes next.
  useEffect(() => first.current?.focus(), []);
  const text = [t("second_factor_setup.file_title", { email }), "", ...codes, ""].join("\n");
  return (
    <div className={dialog.content}>
      <p ref={first} tabIndex={-1} className={dialog.text}>
        {t("second_factor_setup.codes_text")}
      </p>
      <ol className={classes.codes} aria-label={t("second_factor_setup.codes")}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      {failed && <FormError>{t("copy.failed")}</FormError>}
      <div className={classes.keep}>
        <CopyButton text={text} onFailed={() => setFailed(true)}>
          {t("second_factor_setup.copy_codes")}
        </CopyButton>
        <Button
          leftSection={<IconDownload size={20} aria-hidden />}
          onClick={() => download(text, t("second_factor_setup.file_name"), "text/plain")}
        >
          {t("second_factor_setup.download_codes")}
        </Button>
      </div>
      <div className={dialog.actions}>
        <Button variant="signal" onClick={onKept}>
          {t("second_factor_setup.codes_kept")}
        </Button>
      </div>
    </div>
  );
}
