import type { PasswordInputProps } from "@mantine/core";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { PasswordInput } from "./password-input";

const shortestPassword = 10;

/** What is wrong with a new password as far as the screen can tell; the server says whether it is easy to guess. */
export function newPasswordProblem(t: TFunction, value: string): string | null {
  if (value === "") {
    return t("register.password_needed");
  }
  return [...value].length < shortestPassword ? t("register.password_short") : null;
}

/** Where somebody types a password that they choose now. */
export function NewPasswordInput(input: PasswordInputProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      description={t("register.password_hint")}
      autoComplete="new-password"
      {...input}
    />
  );
}
