/** The longest side of what the server gets. */
export const longestSide = 1600;
/** The longest side of what is shown in a list. */
export const thumbnailSide = 320;
export const quality = 0.82;

/** The size in which a picture fits into a side, never larger than it is. */
export function fittedSize(
  width: number,
  height: number,
  side: number,
): { width: number; height: number } {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
