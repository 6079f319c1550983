import type { KeyboardEvent } from "react";

/** Goes from row to row of a list with the arrows. What opens a row has `data-row-link`. */
export function moveRowFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") {
    return;
  }
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row-link]")];
  const here = links.findIndex((link) =>
    link.closest("li")?.contains(document.activeElement ?? null),
  );
  links[here + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  event.preventDefault();
}
