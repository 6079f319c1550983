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

type Device = { userAgent: string; maxTouchPoints: number };

/**
 * Opens the device's own maps, to the very place where its coordinates are known: Android asks which app, iPhones and iPads
 * open theirs, and a computer a page.
 */
export function navigationURL(
  address: Address,
  coordinates: Building["coordinates"] = null,
  device: Device = navigator,
): string {
  const text = `${address.street} ${address.house_number}, ${cityLine(address)}`;
  const place = coordinates === null ? text : `${coordinates.latitude},${coordinates.longitude}`;
  if (/android/i.test(device.userAgent)) {
    const found = coordinates === null ? text : `${place}(${text})`;
    return `geo:${coordinates === null ? "0,0" : place}?q=${encodeURIComponent(found)}`;
  }
  // An iPad says that it is a Mac, which has no touch.
  const apple = /iphone|ipad|ipod/i.test(device.userAgent);
  if (apple || (/macintosh/i.test(device.userAgent) && device.maxTouchPoints > 1)) {
    return `https://maps.apple.com/?daddr=${encodeURIComponent(place)}`;
  }
  return `https://www.google.com/maps/dir/?api=1&travelmode=bicycling&destination=${encodeURIComponent(place)}`;
}

/** First and last name. */
export function fullName(person: { first_name: string; last_name: string }): string {
  return `${person.first_name} ${person.last_name}`.trim();
}
