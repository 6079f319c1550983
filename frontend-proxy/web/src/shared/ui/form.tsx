import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { useKeptFocus } from "./use-kept-focus";

type FormProps = {
  className: string | undefined;
  /** It is being sent: nothing in it can be changed. */
  busy: boolean;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  children: ReactNode;
};

/** A form that shows its mistakes itself and leads to the first of them. */
export function Form({ className, busy, onSubmit, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [tries, setTries] = useState(0);
  useKeptFocus(form, busy, tries);
  return (
    <form
      ref={form}
      className={className}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) {
          onSubmit(event);
          setTries(tries + 1);
        }
      }}
    >
      {children}
    </form>
  );
}
