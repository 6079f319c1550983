import { lazyPart } from "@/shared/ui/lazy-part";

/** A run beside a page that shows many, which need not wait for it. */
export const RunPanel = lazyPart(async () => (await import("./run-panel")).RunPanel);
