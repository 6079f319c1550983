import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { WasteKind } from "../api/types";
import { wasteKindsQuery } from "./waste-kinds-query";

/** What a kind of waste is called in a language. */
export function wasteKindName(kind: WasteKind, language: string): string {
  switch (language) {
    case "en":
      return kind.name_en;
    case "fr":
      return kind.name_fr;
    default:
      return kind.name_nl;
  }
}

export type WasteKinds = {
  /** All of them in the order of their codes, archived ones too; none as long as they are not known. */
  all: readonly WasteKind[];
  /** Undefined for a code that is not known, or not yet. */
  kind: (code: string) => WasteKind | undefined;
  /** In the language on screen; the code itself as long as the name is not known. */
  name: (code: string) => string;
};

/** The kinds of waste, for their names, colours and icons. */
export function useWasteKinds(): WasteKinds {
  const { i18n } = useTranslation();
  const { data = [] } = useQuery(wasteKindsQuery);
  const kind = (code: string) => data.find((candidate) => candidate.code === code);
  return {
    all: data,
    kind,
    name: (code) => {
      const found = kind(code);
      return found === undefined ? code : wasteKindName(found, i18n.language);
    },
  };
}
