import { Button, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Comment } from "@/shared/api/types";
import { clockTime, dayOf, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { changedMeanwhile, problemText, useRefusals } from "@/shared/refusals";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { useStored } from "@/shared/use-stored";
import classes from "./comments.module.css";
import { commentsQuery, useDeleteComment, useSaveComment } from "./queries";
import sections from "./sections.module.css";

/** As many as a building has at most. */
const most = 20;

/** The office's notes about a building, to read and to write. */
export function Comments({ buildingId }: { buildingId: number }) {
  const { t } = useTranslation();
  const comments = useQuery(commentsQuery(buildingId));
  const [adding, setAdding] = useState(false);
  const items = comments.data;
  return (
    <section aria-labelledby="comments" className={sections.section}>
      <header className={sections.header}>
        <h2 id="comments" className={sections.title}>
          {t("comment.title")}
        </h2>
        {!adding && items !== undefined && items.length < most && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
            {t("comment.add")}
          </Button>
        )}
      </header>
      <p className={sections.quiet}>{t("comment.readers")}</p>
      {adding && (
        <CommentForm buildingId={buildingId} comment={undefined} onClose={() => setAdding(false)} />
      )}
      {comments.isPending && <LoadingRows count={2} height={72} />}
      {comments.isError && items === undefined && (
        <ErrorState error={comments.error} onRetry={() => comments.refetch()} />
      )}
      {items?.length === 0 && !adding && <p className={sections.quiet}>{t("comment.empty")}</p>}
      {items !== undefined && items.length > 0 && (
        <ul className={sections.list} aria-labelledby="comments">
          {items.map((comment) => (
            <CommentRow
              key={comment.id}
              comment={comment}
              onRefresh={() => void comments.refetch()}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

type CommentRowProps = { comment: Comment; onRefresh: () => void };

function CommentRow({ comment, onRefresh }: CommentRowProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<"edit" | "delete">();
  const remove = useDeleteComment(comment);
  const close = () => setOpen(undefined);
  const start = startOf(comment.text);
  if (open === "edit") {
    return (
      <li className={sections.row}>
        <CommentForm
          buildingId={comment.building_id}
          comment={comment}
          onRefresh={onRefresh}
          onClose={close}
        />
      </li>
    );
  }
  return (
    <li className={sections.row}>
      <p className={classes.text}>{comment.text}</p>
      <p className={sections.quiet}>
        {t("comment.written", {
          name: comment.written_by?.name || t("comment.somebody"),
          when: momentText(t, comment.written_at),
        })}
        {comment.edited_at !== null && (
          <>
            {" "}
            {t("comment.edited", {
              name: comment.edited_by?.name || t("comment.somebody"),
              when: momentText(t, comment.edited_at),
            })}
          </>
        )}
      </p>
      <div className={sections.actions}>
        <Button aria-label={t("comment.edit_of", { start })} onClick={() => setOpen("edit")}>
          {t("comment.edit")}
        </Button>
        <Button aria-label={t("comment.delete_of", { start })} onClick={() => setOpen("delete")}>
          {t("comment.delete")}
        </Button>
      </div>
      {open === "delete" && (
        <ConfirmDialog
          title={t("comment.delete_title")}
          text={t("comment.delete_text", { start })}
          confirm={t("comment.delete_confirm")}
          pending={remove.isPending}
          problem={problemText(t, remove.error)}
          onConfirm={() => remove.mutate(undefined, { onSuccess: close })}
          onClose={close}
        />
      )}
    </li>
  );
}

/** The first words, by which people know a note. */
function startOf(text: string): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > 40 ? `${line.slice(0, 40).trimEnd()}…` : line;
}

function momentText(t: ReturnType<typeof useTranslation>["t"], moment: string): string {
  const language = currentLanguage();
  return `${nearDayText(dayOf(new Date(moment)), t, language)} ${clockTime(moment, language)}`;
}

type CommentFormProps = {
  buildingId: number;
  /** Undefined for a new one. */
  comment: Comment | undefined;
  onRefresh?: () => void;
  onClose: () => void;
};

type Values = { text: string };

const nothing = { version: 0, text: "" };

function factsOf({ text }: Values): Values {
  return { text };
}

function CommentForm({ buildingId, comment, onRefresh, onClose }: CommentFormProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({
    initialValues: { text: comment?.text ?? "" },
    validate: { text: (value) => (value.trim() === "" ? t("comment.needed") : null) },
  });
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored<typeof nothing, Values>({
    stored: comment ?? nothing,
    factsOf,
    mine: form.values,
    adopt: (changed) => form.setValues(factsOf(changed)),
  });
  const { guard, release } = useUnsavedGuard(dirty);
  const save = useSaveComment(buildingId, comment?.id);
  const refusals = useRefusals(form, { text: "text" });
  const problem = changedMeanwhile(save.error)
    ? theirs === undefined
      ? t("changed.again")
      : undefined
    : refusals.problem(save.error);
  const decide = (decision: () => void) => () => {
    decision();
    save.reset();
  };
  return (
    <Form
      className={classes.form}
      busy={save.isPending}
      onSubmit={form.onSubmit(({ text }) =>
        save.mutate(
          { text: text.trim(), version: base.version },
          {
            onSuccess: () => {
              release();
              onClose();
            },
            onError: (error) => {
              refusals.show(error);
              if (changedMeanwhile(error)) {
                onRefresh?.();
              }
            },
          },
        ),
      )}
    >
      {guard}
      {problem !== undefined && <FormError>{problem}</FormError>}
      {theirs !== undefined && !save.isPending && !save.isSuccess && (
        <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
          <p className={classes.text}>{theirs.text}</p>
        </ChangedMeanwhile>
      )}
      <Textarea
        label={t("comment.text")}
        description={t("comment.hint")}
        autosize
        minRows={2}
        maxRows={10}
        maxLength={1000}
        autoFocus
        disabled={save.isPending}
        {...form.getInputProps("text")}
      />
      <div className={sections.actions}>
        <Button type="submit" variant="signal" loading={save.isPending}>
          {t("app.save")}
        </Button>
        <Button onClick={onClose}>{t("app.cancel")}</Button>
      </div>
    </Form>
  );
}
