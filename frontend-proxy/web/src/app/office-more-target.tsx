import { UnstyledButton, type UnstyledButtonProps } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { ComponentPropsWithRef } from "react";
import { useTranslation } from "react-i18next";
import classes from "./shell.module.css";

type MoreTargetProps = UnstyledButtonProps & ComponentPropsWithRef<"button">;

/** What opens the menu of the entries that a phone has no room for. */
export function MoreTarget(button: MoreTargetProps) {
  const { t } = useTranslation();
  return (
    <UnstyledButton {...button} className={classes.entry} data-narrow>
      <IconDots size={20} stroke={1.75} aria-hidden />
      {t("nav.more")}
    </UnstyledButton>
  );
}
