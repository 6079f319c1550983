import { PasswordInput as MantinePasswordInput, type PasswordInputProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Where somebody types the password that they have. */
export function PasswordInput(input: PasswordInputProps) {
  const { t } = useTranslation();
  return (
    <MantinePasswordInput
      autoComplete="current-password"
      maxLength={256}
      visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password"), tabIndex: 0 }}
      // Other inputs say it themselves.
      aria-invalid={input.error !== undefined && input.error !== null}
      {...input}
    />
  );
}
