import "@testing-library/jest-dom/vitest";
import "fake-indexeddb/auto";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll } from "vitest";
import { areas } from "../i18n/areas";
import { chooseLanguage, loadTexts } from "../i18n/i18n";
import { Dialog, EdgeDialog } from "../ui/dialog";
import { server } from "./server";

// What browsers have and jsdom has not.
window.matchMedia = (query) =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
    dispatchEvent: () => false,
  }) satisfies MediaQueryList;
window.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Object.defineProperty(document, "fonts", { value: new EventTarget() });
globalThis.reportError = (error) => {
  queueMicrotask(() => {
    throw error;
  });
};
window.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;
URL.createObjectURL = () => "blob:trottoir";

configure({ asyncUtilTimeout: 5_000 });

beforeAll(async () => {
  await loadTexts(areas);
  // Loaded once in the app too.
  await Promise.all([Dialog.load(), EdgeDialog.load()]);
  await chooseLanguage("nl");
  localStorage.clear();
  server.listen({ onUnhandledRequest: "error" });
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
  localStorage.clear();
});
afterAll(() => server.close());
