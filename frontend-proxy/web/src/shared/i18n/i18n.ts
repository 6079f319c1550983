import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Area } from "./areas";
import start from "./nl/start.json";

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

const files = import.meta.glob<object>(
  ["./{nl,en,fr}/*.json", "!./nl/start.json"],
  // The texts alone: JSON's keys as exports would be a second copy of them.
  { import: "default" },
);

// What the pages that were opened need, in whichever language is on screen.
const wanted = new Set<Area>(["start"]);
const here = new Set(["nl/start"]);

/** Brings what is wanted and not here yet; more may come to be wanted meanwhile. */
async function bring(language: Language): Promise<void> {
  const missing = [...wanted].filter((area) => !here.has(`${language}/${area}`));
  if (missing.length === 0) {
    return;
  }
  await Promise.all(
    missing.map(async (area) => {
      const texts = await files[`./${language}/${area}.json`]?.();
      i18next.addResourceBundle(language, "translation", texts, true);
      here.add(`${language}/${area}`);
    }),
  );
  await bring(language);
}

/** Brings the texts of these areas in the language on screen, and in each that is chosen later. */
export async function loadTexts(areas: readonly Area[]): Promise<void> {
  for (const area of areas) {
    wanted.add(area);
  }
  let language: Language;
  do {
    language = coming ?? currentLanguage();
    await bring(language);
  } while (language !== (coming ?? currentLanguage()));
}

// What will be on screen when its texts are here.
let coming: Language | undefined;

async function show(language: Language): Promise<void> {
  coming = language;
  try {
    await bring(language);
    await i18next.changeLanguage(language);
  } finally {
    if (coming === language) {
      coming = undefined;
    }
  }
}

i18next.on("languageChanged", (language) => {
  document.documentElement.lang = language;
});

void i18next.use(initReactI18next).init({
  lng: "nl",
  fallbackLng: "nl",
  supportedLngs: languages,
  resources: { nl: { translation: start } },
  // Nothing has to be waited for, as what comes later is added by hand.
  initAsync: false,
  interpolation: { escapeValue: false },
  react: { useSuspense: false },
  // A page that shows a text of an area which it does not name in the router, or one that does not exist.
  saveMissing: true,
  missingKeyHandler: (_languages, _namespace, key, _fallback, _update, options) => {
    if (options.defaultValue === undefined) {
      reportError(new Error(`there is no text ${key}`));
    }
  },
});

/** Settles when the texts of the first language are here; without them, for want of a network, the app speaks Dutch. */
export const languageReady = show(firstLanguage()).catch(() => undefined);

/** Shows the app in this language and remembers it on this device. */
export function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(storageKey, language);
  return show(language);
}

/** Follows the account's language unless someone chose one on this device. */
export function adoptAccountLanguage(language: string): void {
  if (chosenLanguage() === undefined && isLanguage(language) && i18next.language !== language) {
    // Without a network the app goes on in the language that it speaks.
    show(language).catch(() => undefined);
  }
}

/** The language on screen. */
export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "nl";
}
