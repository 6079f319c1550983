import { describe, expect, it } from "vitest";
import { navigationURL } from "./address";

const address = {
  street: "Overpoortstraat",
  house_number: "47",
  bus: "302",
  postal_code: "9000",
  city: "Gent",
};
const coordinates = { latitude: 51.04, longitude: 3.72 };
const phone = (userAgent: string, maxTouchPoints = 5) => ({ userAgent, maxTouchPoints });

describe("navigationURL", () => {
  it.each([
    [
      "Android",
      phone("Mozilla/5.0 (Linux; Android 14)"),
      "geo:51.04,3.72?q=51.04%2C3.72(Overpoortstraat%2047%2C%209000%20Gent)",
    ],
    [
      "an iPhone",
      phone("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5)"),
      "https://maps.apple.com/?daddr=51.04%2C3.72",
    ],
    [
      "an iPad",
      phone("Mozilla/5.0 (Macintosh; Intel Mac OS X)"),
      "https://maps.apple.com/?daddr=51.04%2C3.72",
    ],
    [
      "a Mac",
      phone("Mozilla/5.0 (Macintosh; Intel Mac OS X)", 0),
      "https://www.google.com/maps/dir/?api=1&travelmode=bicycling&destination=51.04%2C3.72",
    ],
  ])("opens the maps of %s", (_, device, url) => {
    expect(navigationURL(address, coordinates, device)).toBe(url);
  });

  it("looks the address up where there are no coordinates", () => {
    expect(navigationURL(address, null, phone("Android"))).toBe(
      "geo:0,0?q=Overpoortstraat%2047%2C%209000%20Gent",
    );
  });
});
