import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

const storageKey = "trottoir.shortcuts";
const listeners = new Set<() => void>();

/** Whether single keys do something; people who dictate or tremble switch that off (WCAG 2.1.4). */
export function useShortcutsOn(): boolean {
  return useSyncExternalStore(watch, shortcutsOn);
}

export function switchShortcuts(on: boolean): void {
  if (on) {
    localStorage.removeItem(storageKey);
  } else {
    localStorage.setItem(storageKey, "off");
  }
  for (const listener of listeners) {
    listener();
  }
}

function shortcutsOn(): boolean {
  return localStorage.getItem(storageKey) !== "off";
}

function watch(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const fields = "input, textarea, select, [contenteditable], [role='combobox'], [role='listbox']";

/**
 * A key without modifiers does something, except where one types and while a dialog or a menu is open. Without an action it
 * is left to others.
 */
export function useShortcut(key: string, action: (() => void) | undefined): void {
  const run = useEffectEvent(() => action?.());
  const acts = action !== undefined;
  useEffect(() => {
    if (!acts) {
      return;
    }
    const onKey = (event: KeyboardEvent) => {
      const elsewhere = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey;
      const typing = event.target instanceof Element && event.target.closest(fields) !== null;
      const open = document.querySelector('[aria-modal="true"], [role="menu"]') !== null;
      if (event.key === key && !elsewhere && !typing && !open && shortcutsOn()) {
        event.preventDefault();
        run();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [key, acts]);
}
