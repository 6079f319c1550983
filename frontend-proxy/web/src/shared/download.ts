/** Gives the person a text as a file to keep. */
export function download(text: string, name: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // Some browsers begin with it only after this.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
