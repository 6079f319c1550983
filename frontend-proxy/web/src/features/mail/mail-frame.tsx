import { useEffect, useRef } from "react";
import classes from "./mail-preview.module.css";

type MailFrameProps = { title: string; html: string };

/**
 * A mail as a page, in a frame where no script runs. The page's policy forbids styles that stand in HTML, which is where mail
 * has them: those are put in by the object model, which it does not concern.
 */
export function MailFrame({ title, html }: MailFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const element = frame.current;
    if (element?.contentDocument != null) {
      write(element.contentDocument, html);
      element.style.height = `${element.contentDocument.documentElement.scrollHeight}px`;
    }
  }, [html]);
  return <iframe ref={frame} title={title} className={classes.frame} sandbox="allow-same-origin" />;
}

// As the server writes HTML, "<" and quotes stand in tags only.
const inert = (html: string) =>
  html
    .replaceAll(' style="', ' data-style="')
    .replaceAll("<style", "<template data-sheet")
    .replaceAll("</style>", "</template>");

function write(page: Document, html: string): void {
  const parsed = new DOMParser().parseFromString(inert(html), "text/html");
  const view = page.defaultView;
  if (view !== null && "adoptedStyleSheets" in page) {
    page.adoptedStyleSheets = [
      ...parsed.querySelectorAll<HTMLTemplateElement>("template[data-sheet]"),
    ].map((rules) => {
      const sheet = new (view as Window & typeof globalThis).CSSStyleSheet();
      sheet.replaceSync(rules.content.textContent ?? "");
      return sheet;
    });
  }
  page.documentElement.lang = parsed.documentElement.lang;
  page.title = parsed.title;
  page.body.replaceChildren(...[...parsed.body.childNodes].map((node) => page.adoptNode(node)));
  for (const name of parsed.body.getAttributeNames()) {
    page.body.setAttribute(name, parsed.body.getAttribute(name) ?? "");
  }
  for (const element of page.querySelectorAll<HTMLElement>("[data-style]")) {
    element.style.cssText = element.dataset.style ?? "";
  }
}
