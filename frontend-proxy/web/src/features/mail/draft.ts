import { useRef, useState } from "react";
import type { Picture } from "@/shared/api/types";
import { addressesIn } from "@/shared/mail/addresses";
import type { Sending } from "./queries";
import type { Choice } from "./receiver-fields";

/** A photo of a visit that goes with a mail. */
export type ChosenPhoto = Pick<Picture, "id" | "urls" | "taken_at"> & { building: string };

/** A mail that is being written. */
export type Draft = {
  /** Names the mail, so that it is sent once: also from another window, or when the answer was lost. */
  key: string;
  people: Choice[];
  /** Those whose syndics get it. */
  buildings: Choice[];
  /** As they were typed. */
  addresses: string;
  cc: string;
  about: Choice | undefined;
  subject: string;
  body: string;
  photos: ChosenPhoto[];
};

function newDraft(): Draft {
  return {
    key: crypto.randomUUID(),
    people: [],
    buildings: [],
    addresses: "",
    cc: "",
    about: undefined,
    subject: "",
    body: "",
    photos: [],
  };
}

/** True when nothing of it would be missed. */
export function isEmpty({ key: _, about, ...draft }: Draft): boolean {
  return about === undefined && Object.values(draft).every(({ length }) => length === 0);
}

/** A draft as the server takes it. */
export function sendingOf(draft: Draft): Sending {
  return {
    subject: draft.subject,
    body: draft.body,
    user_ids: draft.people.map(({ id }) => id),
    building_ids: draft.buildings.map(({ id }) => id),
    addresses: addressesIn(draft.addresses),
    cc: addressesIn(draft.cc),
    about_building_id: draft.about?.id ?? 0,
    picture_ids: draft.photos.map(({ id }) => id),
  };
}

const storageKey = (account: number) => `trottoir.mail-draft.${account}`;

/** What an account was writing on this device; another shape, of another version of the app, is none. */
function read(account: number): Draft | undefined {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey(account)) ?? "null");
    const blank = newDraft();
    const alike = Object.keys(blank).every(
      (name) => name === "about" || typeof stored[name] === typeof blank[name as keyof Draft],
    );
    return alike ? { ...blank, ...stored } : undefined;
  } catch {
    return undefined;
  }
}

type Drafting = {
  draft: Draft;
  /** It was begun before the page was opened. */
  begun: boolean;
  /** The device keeps it: it is still there when the page is loaded again. */
  kept: boolean;
  change: (changes: Partial<Draft>) => void;
  /** Begins a mail anew. */
  clear: () => void;
};

/** The mail that an account is writing, kept on the device until it is sent. */
export function useDraft(account: number): Drafting {
  const [state, setState] = useState(() => {
    const stored = read(account);
    return { draft: stored ?? newDraft(), begun: stored !== undefined, kept: true };
  });
  // Changes in one go build on each other.
  const latest = useRef(state.draft);
  const put = (draft: Draft, begun: boolean) => {
    latest.current = draft;
    setState({ draft, begun, kept: keep(account, draft) });
  };
  return {
    ...state,
    change: (changes) => put({ ...latest.current, ...changes }, state.begun),
    clear: () => put(newDraft(), false),
  };
}

function keep(account: number, draft: Draft): boolean {
  try {
    if (isEmpty(draft)) {
      localStorage.removeItem(storageKey(account));
    } else {
      localStorage.setItem(storageKey(account), JSON.stringify(draft));
    }
    return true;
  } catch {
    return false; // private windows and full devices keep nothing
  }
}
