import { UnstyledButton, type UnstyledButtonProps } from "@mantine/core";
import { IconUserCircle } from "@tabler/icons-react";
import type { ComponentPropsWithRef } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/shared/account/use-me";
import { fullName } from "@/shared/address";
import classes from "./account-menu.module.css";

type AccountTargetProps = UnstyledButtonProps & ComponentPropsWithRef<"button">;

/** What opens the menu of whoever is signed in. */
export function AccountTarget(button: AccountTargetProps) {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <UnstyledButton
      {...button}
      className={classes.target}
      aria-label={t("app.account_menu", { name: fullName(me) })}
    >
      <IconUserCircle size={24} stroke={1.5} aria-hidden />
      <span className={classes.name}>{fullName(me)}</span>
    </UnstyledButton>
  );
}
