import type { Building } from "@/shared/api/types";

type Coordinates = Building["coordinates"];

/** Coordinates as maps copy them: latitude and longitude in degrees. */
export function coordinatesText(coordinates: Coordinates): string {
  return coordinates === null ? "" : `${coordinates.latitude}, ${coordinates.longitude}`;
}

/** Reads what a map copies, "51.0543, 3.7174"; null for nothing, undefined for what means no place. */
export function readCoordinates(text: string): Coordinates | undefined {
  if (text.trim() === "") {
    return null;
  }
  const found = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  const latitude = Number(found?.[1]);
  const longitude = Number(found?.[2]);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
    ? { latitude, longitude }
    : undefined;
}
