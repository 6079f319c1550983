import { useTranslation } from "react-i18next";
import { SecondFactorSetup } from "@/shared/account/second-factor-setup";
import type { Account } from "@/shared/api/types";
import { problemText } from "@/shared/refusals";
import { BeforeSignIn, BeforeSignInTitle } from "@/shared/ui/before-sign-in";
import classes from "@/shared/ui/before-sign-in.module.css";
import { FormError } from "@/shared/ui/form-error";

type SecondFactorSetupPageProps = {
  me: Account;
  onDone: () => void;
  /** Signs out, and what came in the way. */
  leave: { mutate: () => void; error: Error | null };
};

/** For whoever needs codes to sign in and has none yet: nothing else works before. */
export function SecondFactorSetupPage({ me, onDone, leave }: SecondFactorSetupPageProps) {
  const { t } = useTranslation();
  const problem = problemText(t, leave.error);
  return (
    <BeforeSignIn title={t("second_factor_setup.title")}>
      <div className={classes.form}>
        <BeforeSignInTitle>{t("second_factor_setup.title")}</BeforeSignInTitle>
        <p className={classes.text}>{t("second_factor_setup.required_text")}</p>
        <SecondFactorSetup email={me.email} onDone={onDone} />
        {problem !== undefined && <FormError>{problem}</FormError>}
        <button type="button" className={classes.way} onClick={() => leave.mutate()}>
          {t("app.sign_out")}
        </button>
      </div>
    </BeforeSignIn>
  );
}
