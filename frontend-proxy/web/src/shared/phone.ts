/** A phone number with spaces where Belgians put them; others as they are. */
export function phoneText(number: string): string {
  const mobile = /^\+32(4\d\d)(\d\d)(\d\d)(\d\d)$/.exec(number);
  return mobile === null ? number : `+32 ${mobile.slice(1).join(" ")}`;
}
