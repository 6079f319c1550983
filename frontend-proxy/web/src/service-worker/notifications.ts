/** What the server sends to a device (mail/notification.go). */
export type PushedNotification = {
  title: string;
  body: string;
  tag: string;
  url: string;
  language: string;
};

/** Reads what was pushed; undefined for what is not of this server, or of a version that says it differently. */
export function readNotification(text: string | undefined): PushedNotification | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
  const { title, body, tag, url, language } = (value ?? {}) as Partial<PushedNotification>;
  if (
    typeof title !== "string" ||
    title === "" ||
    typeof url !== "string" ||
    !url.startsWith("/")
  ) {
    return undefined;
  }
  return { title, body: body ?? "", tag: tag ?? "", url, language: language ?? "" };
}

/** The page of a run, where somebody may be in the middle of a photo or a remark. */
const runPage = /^\/work\/\d+$/;

/**
 * Which of the open pages shows what a notification is about: the one that shows it already, else one in which nobody works.
 * Undefined when it wants a page of its own.
 */
export function pageFor<Page extends { url: string }>(
  url: string,
  pages: readonly Page[],
): Page | undefined {
  const wanted = url.split("?")[0];
  return (
    pages.find((page) => new URL(page.url).pathname === wanted) ??
    pages.find((page) => !runPage.test(new URL(page.url).pathname))
  );
}
