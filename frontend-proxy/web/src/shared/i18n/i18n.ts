import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./en.json";
import nl from "./nl.json";

export const languages = ["nl", "en"] as const;
export type Language = (typeof languages)[number];

const storageKey = "trottoir.language";

function isLanguage(value: unknown): value is Language {
  return languages.includes(value as Language);
}

function chosenLanguage(): Language | undefined {
  const stored = localStorage.getItem(storageKey);
  return isLanguage(stored) ? stored : undefined;
}

function firstLanguage(): Language {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  return chosenLanguage() ?? wanted ?? "nl";
}

i18next.on("languageChanged", (language) => {
  document.documentElement.lang = language;
});

void i18next.use(initReactI18next).init({
  lng: firstLanguage(),
  fallbackLng: "nl",
  resources: { nl: { translation: nl }, en: { translation: en } },
  interpolation: { escapeValue: false },
  initAsync: false,
});

/** Shows the app in this language and remembers it on this device. */
export function chooseLanguage(language: Language): void {
  localStorage.setItem(storageKey, language);
  void i18next.changeLanguage(language);
}

/** Follows the account's language unless someone chose one on this device. */
export function adoptAccountLanguage(language: string): void {
  if (chosenLanguage() === undefined && isLanguage(language) && i18next.language !== language) {
    void i18next.changeLanguage(language);
  }
}

/** The language on screen. */
export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "nl";
}
