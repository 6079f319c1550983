import { useEffect, useEffectEvent, useState } from "react";

type Edited<Thing, Facts> = {
  /** What is stored, as it comes: at first, and whenever somebody changes it. */
  stored: Thing;
  /** The part of it that is edited here. */
  factsOf: (thing: Thing) => Facts;
  /** That part as it is on the screen. */
  mine: Facts;
  /** Puts another state on the screen. */
  adopt: (thing: Thing) => void;
};

type Followed<Thing> = {
  /** The state that the screen started from; its version goes with a save. */
  base: Thing;
  /** True when the screen shows what is not stored. */
  dirty: boolean;
  /** What somebody else has stored meanwhile, when that and the screen say different things. */
  theirs: Thing | undefined;
  /** Gives up what is on the screen for theirs. */
  takeTheirs: () => void;
  /** Keeps what is on the screen; the next save replaces theirs. */
  keepMine: () => void;
};

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Follows a stored thing while it is edited. A change from elsewhere that touches nothing of what is edited, or comes
 * while nothing is, is taken over in silence; otherwise the person decides. Nothing on the screen is ever replaced unasked.
 */
export function useStored<Thing extends { version: number }, Facts>({
  stored,
  factsOf,
  mine,
  adopt,
}: Edited<Thing, Facts>): Followed<Thing> {
  const [base, setBase] = useState(stored);
  const dirty = !same(mine, factsOf(base));
  const newer = stored.version > base.version;
  const untouched = newer && same(factsOf(stored), factsOf(base));
  const agreed = newer && same(factsOf(stored), mine);
  const quiet = newer && (untouched || agreed || !dirty);
  const follow = useEffectEvent(() => {
    if (!untouched) {
      adopt(stored);
    }
    setBase(stored);
  });
  useEffect(() => {
    if (quiet) {
      follow();
    }
  }, [quiet]);
  return {
    base,
    dirty,
    theirs: newer && !quiet ? stored : undefined,
    takeTheirs: () => {
      adopt(stored);
      setBase(stored);
    },
    keepMine: () => setBase(stored),
  };
}
