import { createContext, type ReactNode, use, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { WasteKind } from "@/shared/api/types";
import { wasteIcon } from "@/shared/waste/icons";
import { useWasteKinds, wasteKindName } from "@/shared/waste/use-waste-kinds";
import classes from "./kinds.module.css";

export type KindWords = {
  name: string;
  archived: boolean;
  /** Gives its colour to what it is shown on. */
  style: React.CSSProperties;
};

const Kinds = createContext<ReadonlyMap<string, KindWords>>(new Map());

/** The kinds of waste for everything within, and their drawings once for all places that show them. */
export function KindsProvider({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const { all } = useWasteKinds();
  const words = useMemo(() => wordsOf(all, i18n.language), [all, i18n.language]);
  return (
    <Kinds value={words}>
      <svg className={classes.drawings} aria-hidden="true">
        {all.map(({ code, icon }) => {
          const Icon = wasteIcon(icon);
          return (
            <symbol key={code} id={`kind-${code}`} viewBox="0 0 24 24">
              <Icon size={24} />
            </symbol>
          );
        })}
      </svg>
      {children}
    </Kinds>
  );
}

function wordsOf(kinds: readonly WasteKind[], language: string): ReadonlyMap<string, KindWords> {
  return new Map(
    kinds.map((kind) => [
      kind.code,
      {
        name: wasteKindName(kind, language),
        archived: kind.archived,
        style: { "--kind": kind.colour } as React.CSSProperties,
      },
    ]),
  );
}

/** Name and colour of every kind, by code. */
export function useKinds(): ReadonlyMap<string, KindWords> {
  return use(Kinds);
}

/** The drawing of a kind, in the colour of the text. */
export function KindIcon({ code, size = 16 }: { code: string; size?: number }) {
  return (
    <svg width={size} height={size} className={classes.icon} aria-hidden="true">
      <use href={`#kind-${code}`} />
    </svg>
  );
}
