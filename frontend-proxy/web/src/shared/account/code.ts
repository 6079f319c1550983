import type { TFunction } from "i18next";

/** What is wrong with a code of an app as far as the screen can tell. */
export function appCodeProblem(t: TFunction, value: string): string | null {
  const code = value.replaceAll(/\s/g, "");
  if (code === "") {
    return t("second_factor.code_needed");
  }
  return /^\d{6}$/.test(code) ? null : t("second_factor.code_wrong");
}
