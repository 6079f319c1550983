import { type ReactNode, useState } from "react";

type HolderProps<Value> = {
  initial: Value;
  children: (value: Value, store: (value: Value) => void) => ReactNode;
  /** Gives the test the way to change the value. */
  onStore?: (store: (value: Value) => void) => void;
};

/** Holds a value around a component, as a cache or a route does in the app. */
export function Holder<Value>({ initial, children, onStore }: HolderProps<Value>) {
  const [value, setValue] = useState(initial);
  onStore?.(setValue);
  return children(value, setValue);
}
