// The package has types for its whole; this is its part that reads EXIF from JPEG.
declare module "exifr/dist/mini.esm.mjs" {
  export function parse(
    file: Uint8Array,
    options: {
      ifd0: false;
      gps: false;
      exif: { pick: number[] };
      translateKeys: false;
      reviveValues: false;
    },
  ): Promise<Record<number, unknown> | undefined>;
}
