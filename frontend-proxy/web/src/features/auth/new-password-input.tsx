import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

const shortestPassword = 10;

/** What is wrong with a new password as far as the screen can tell; the server says whether it is easy to guess. */
export function newPasswordProblem(t: TFunction, value: string): string | null {
  if (value === "") {
    return t("register.password_needed");
  }
  return [...value].length < shortestPassword ? t("register.password_short") : null;
}

type NewPasswordInputProps = { label: string } & Pick<
  PasswordInputProps,
  "value" | "defaultValue" | "onChange" | "onFocus" | "onBlur" | "error"
>;

/** Where somebody types a password that they choose now. */
export function NewPasswordInput(input: NewPasswordInputProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      description={t("register.password_hint")}
      autoComplete="new-password"
      maxLength={256}
      visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password"), tabIndex: 0 }}
      // Other inputs say it themselves.
      aria-invalid={input.error !== undefined && input.error !== null}
      {...input}
    />
  );
}
