/**
 * The addresses in what somebody typed or pasted, each once: parted by spaces, commas, semicolons or lines, or as mail programs
 * copy them ("Peeters, Emma" <emma@example.org>). What is no address is given as it stands, for the server to name.
 */
export function addressesIn(text: string): string[] {
  const parts = text
    .split(/[\n;]/)
    // A comma between quotes belongs to a name.
    .flatMap((line) => line.match(/(?:"[^"]*"|[^",])+|"/g) ?? [])
    .flatMap((part) => bracketed(part) ?? words(part));
  return [...new Set(parts)];
}

/** What stands between < and >; what is before it is a name. */
function bracketed(part: string): string[] | undefined {
  return part.match(/<[^<>\s]+>/g)?.map((one) => one.slice(1, -1));
}

/** A quoted part before the @ is one word. */
function words(part: string): string[] {
  return part.match(/(?:"[^"]*"|\S)+/g) ?? [];
}
