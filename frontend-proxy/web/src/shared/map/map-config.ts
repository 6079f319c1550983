let styleURL = "";

/** Says where the ground of maps comes from; empty for none. */
export function configureMap(url: string): void {
  styleURL = url;
}

/** Where the ground of maps comes from, a style or a .pmtiles file; empty when there is none. */
export function mapStyleURL(): string {
  return styleURL;
}
