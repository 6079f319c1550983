import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { letterProblem } from "./letter-fields";
import { MailFrame } from "./mail-frame";
import classes from "./mail-preview.module.css";
import { type Previewed, previewQuery } from "./queries";

type Form = "html" | "text";

/** A text as it would arrive at somebody, as a page and as plain text. */
export function MailPreview({ previewed }: { previewed: Previewed }) {
  const { t } = useTranslation();
  const [form, setForm] = useState<Form>("html");
  const preview = useQuery(previewQuery(previewed));
  if (preview.isPending) {
    return <LoadingRows count={1} height={320} />;
  }
  if (preview.data === undefined) {
    // What is wrong with the text is mended there; what failed on the way is asked for again.
    if (!(preview.error instanceof ApiError) || preview.error.temporary) {
      return <ErrorState error={preview.error} onRetry={() => preview.refetch()} />;
    }
    return <FormError>{letterProblem(t, preview.error, previewed)}</FormError>;
  }
  const { subject, html, text } = preview.data;
  return (
    <div className={classes.preview}>
      <dl className={classes.subject}>
        <dt>{t("letter.subject")}</dt>
        <dd>{subject}</dd>
      </dl>
      <SegmentedControl
        aria-label={t("letter.form")}
        className={classes.forms ?? ""}
        data={[
          { value: "html", label: t("letter.as_page") },
          { value: "text", label: t("letter.as_text") },
        ]}
        value={form}
        onChange={(value) => setForm(value as Form)}
      />
      {form === "html" ? (
        <MailFrame title={t("letter.preview")} html={html} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        <section className={classes.text} tabIndex={0} aria-label={t("letter.as_text")}>
          {text}
        </section>
      )}
    </div>
  );
}
