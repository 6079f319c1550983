import type { TFunction } from "i18next";
import type { Address, Building } from "./api/types";

/** Street and number with the box number, which is never left out. */
export function streetLine(
  address: Pick<Address, "street" | "house_number" | "bus">,
  t: TFunction,
): string {
  const street = `${address.street} ${address.house_number}`;
  return address.bus === "" ? street : `${street} ${t("app.bus", { bus: address.bus })}`;
}

/** Postal code and city. */
export function cityLine(address: Address): string {
  return `${address.postal_code} ${address.city}`;
}

/** Opens the phone's navigation, to the very place where its coordinates are known. */
export function navigationURL(
  address: Address,
  coordinates: Building["coordinates"] = null,
): string {
  const place =
    coordinates === null
      ? `${address.street} ${address.house_number}, ${cityLine(address)}`
      : `${coordinates.latitude},${coordinates.longitude}`;
  return `https://www.google.com/maps/dir/?api=1&travelmode=bicycling&destination=${encodeURIComponent(place)}`;
}

/** First and last name. */
export function fullName(person: { first_name: string; last_name: string }): string {
  return `${person.first_name} ${person.last_name}`.trim();
}
