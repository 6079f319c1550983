import { lazyPart } from "./lazy-part";

/** A question or a short form in the middle of the page. It is open as long as it is rendered. */
export const Dialog = lazyPart(async () => (await import("./dialog-window")).Dialog);

/** A dialog at an edge of the page: a form beside its list, or what rises within reach of the thumb. */
export const EdgeDialog = lazyPart(async () => (await import("./dialog-window")).EdgeDialog);
