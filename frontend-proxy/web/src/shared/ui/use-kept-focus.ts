import { type RefObject, useEffect, useRef } from "react";

/**
 * Keeps the focus in a form while and after it sends. What sends is disabled meanwhile, and a disabled element loses the
 * focus to the page: afterwards the first field that is wrong has it, else what had it before. `tries` counts what was
 * refused before sending.
 */
export function useKeptFocus(form: RefObject<HTMLElement | null>, busy: boolean, tries = 0): void {
  const last = useRef<Element>(null);
  useEffect(() => {
    const element = form.current;
    const remember = (event: FocusEvent) => {
      last.current = event.target instanceof Element ? event.target : null;
    };
    element?.addEventListener("focusin", remember);
    return () => element?.removeEventListener("focusin", remember);
  }, [form]);

  const began = useRef(false);
  useEffect(() => {
    if (busy || tries > 0) {
      began.current = true;
    }
    if (busy || !began.current) {
      return;
    }
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    if (wrong !== null && wrong !== undefined) {
      wrong.focus();
    } else if (
      last.current instanceof HTMLElement &&
      last.current.isConnected &&
      document.activeElement === document.body
    ) {
      last.current.focus();
    }
  }, [form, busy, tries]);
}
