import { UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { chooseLanguage, languages } from "../i18n/i18n";
import classes from "./language-switch.module.css";

/** Chooses the language on this device. */
export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  return (
    <fieldset className={classes.group} aria-label={t("app.language")}>
      {languages.map((language) => (
        <UnstyledButton
          key={language}
          className={classes.option}
          lang={language}
          aria-label={`${language.toUpperCase()}, ${t(`app.languages.${language}`)}`}
          aria-pressed={i18n.language === language}
          onClick={() => chooseLanguage(language)}
        >
          {language.toUpperCase()}
        </UnstyledButton>
      ))}
    </fieldset>
  );
}
