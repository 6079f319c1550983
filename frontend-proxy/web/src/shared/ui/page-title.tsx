/** The browser's title of a page. */
export function PageTitle({ children }: { children: string }) {
  return <title>{`${children} · Trottoir`}</title>;
}
