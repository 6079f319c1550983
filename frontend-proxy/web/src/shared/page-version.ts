/** How often the page is asked for, in milliseconds. */
const every = 5 * 60_000;

/** The scripts that a page starts with: other ones mean another version. */
function scriptsIn(page: ParentNode): string {
  return [...page.querySelectorAll("script[src]")]
    .map((script) => script.getAttribute("src"))
    .join(" ");
}

async function isOtherVersion(): Promise<boolean> {
  const answer = await fetch("/", { cache: "no-store", headers: { Accept: "text/html" } });
  if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/html")) {
    return false;
  }
  const theirs = scriptsIn(new DOMParser().parseFromString(await answer.text(), "text/html"));
  return theirs !== "" && theirs !== scriptsIn(document);
}

/** Tells once that the server has another version of the app than this page: for browsers that keep nothing of it. */
export function whenPageChanges(tell: () => void): void {
  const timer = setInterval(() => {
    isOtherVersion().then(
      (other) => {
        if (other) {
          clearInterval(timer);
          tell();
        }
      },
      // Without network there is nothing newer; the next look comes.
      () => undefined,
    );
  }, every);
}
