/** A phone number with spaces where Belgians put them; others as they are. */
export function phoneText(number: string): string {
  const mobile = /^\+32(4\d\d)(\d\d)(\d\d)(\d\d)$/.exec(number);
  return mobile === null ? number : `+32 ${mobile.slice(1).join(" ")}`;
}

/** A number as people write it in E.164 form; one without a country is Belgian. What is no number stays as it is. */
export function phoneNumber(text: string): string {
  const plain = text.replace(/[\s./()-]/g, "").replace(/^00/, "+");
  return /^0[1-9]/.test(plain) ? `+32${plain.slice(1)}` : plain;
}
