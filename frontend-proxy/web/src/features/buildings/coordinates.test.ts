import { expect, it } from "vitest";
import { coordinatesText, readCoordinates } from "./coordinates";

it("reads coordinates as maps copy them", () => {
  const ghent = { latitude: 51.0543, longitude: 3.7174 };
  for (const text of ["51.0543, 3.7174", " 51.0543,3.7174 ", "51.0543 3.7174", "51.0543; 3.7174"]) {
    expect(readCoordinates(text), text).toEqual(ghent);
  }
  expect(readCoordinates(coordinatesText(ghent))).toEqual(ghent);
  expect(readCoordinates("-33.9, -180")).toEqual({ latitude: -33.9, longitude: -180 });
  expect(readCoordinates(" ")).toBeNull();
  expect(coordinatesText(null)).toBe("");
  for (const text of [
    "51.0543",
    "Gent",
    "91, 3",
    "51, 181",
    "51.0543, 3.7174, 12",
    "51,0543, 3,7174",
  ]) {
    expect(readCoordinates(text), text).toBeUndefined();
  }
});
