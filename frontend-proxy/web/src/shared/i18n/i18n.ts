import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";
import nl from "./nl.json";

export const languages = ["nl", "en", "fr"] as const;
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

// Dutch comes with the app; whoever reads another language loads that one too.
const translations: BackendModule = {
  type: "backend",
  init: () => undefined,
  read: (language, _namespace, done) => {
    const file = language === "fr" ? import("./fr.json") : import("./en.json");
    file.then(
      (texts) => done(null, texts.default),
      (error: Error) => done(error, null),
    );
  },
};

i18next.on("languageChanged", (language) => {
  document.documentElement.lang = language;
});

/** Settles when the texts of the first language are here; without them, for want of a network, the app speaks Dutch. */
export const languageReady = i18next
  .use(initReactI18next)
  .use(translations)
  .init({
    lng: firstLanguage(),
    fallbackLng: "nl",
    supportedLngs: languages,
    resources: { nl: { translation: nl } },
    partialBundledLanguages: true,
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });

/** Adds Dutch texts that come with the page that shows them; in the other languages all texts are one file. */
export function addDutch(texts: object): void {
  i18next.addResourceBundle("nl", "translation", texts, true);
}

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
