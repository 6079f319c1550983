import { useEffect, useRef, useState } from "react";

/** The same object for ever, which does what the last one of these does. */
export function useSteady<Actions extends { [Name in keyof Actions]: (...args: never[]) => void }>(
  actions: Actions,
): Actions {
  const present = useRef(actions);
  useEffect(() => {
    present.current = actions;
  });
  const [steady] = useState(() =>
    Object.fromEntries(
      Object.keys(actions).map((name) => [
        name,
        (...args: never[]) => present.current[name as keyof Actions](...args),
      ]),
    ),
  );
  return steady as Actions;
}
