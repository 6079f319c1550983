import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./changed-meanwhile.module.css";
import { FormError } from "./form-error";

type ChangedMeanwhileProps = {
  /** What the other version says. */
  children: ReactNode;
  onTake: () => void;
  onKeep: () => void;
};

/** Somebody else has saved something else meanwhile: shows it, and lets the person choose. */
export function ChangedMeanwhile({ children, onTake, onKeep }: ChangedMeanwhileProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.box}>
      <FormError>{t("changed.title")}</FormError>
      {children}
      <div className={classes.actions}>
        <Button onClick={onTake}>{t("changed.take")}</Button>
        <Button onClick={onKeep}>{t("changed.keep")}</Button>
      </div>
    </div>
  );
}
