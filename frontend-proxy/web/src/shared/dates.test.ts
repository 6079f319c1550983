import { afterEach, describe, expect, it, vi } from "vitest";
import { configureTimeZone, isDay, today, untilTomorrow } from "./dates";

describe("days", () => {
  afterEach(() => {
    vi.useRealTimers();
    configureTimeZone("Europe/Brussels");
  });

  it("are those of the zone that the server names", () => {
    vi.useFakeTimers({ now: new Date("2026-11-25T18:30:00Z") });
    expect(today()).toBe("2026-11-25");
    configureTimeZone("Asia/Bangkok");
    expect(today()).toBe("2026-11-26");
  });

  it("exist or do not", () => {
    for (const day of ["2026-11-25", "2028-02-29"]) {
      expect(isDay(day), day).toBe(true);
    }
    for (const day of ["2026-13-45", "2026-02-29", "2026-2-3", "", "morgen", "99999-01-01"]) {
      expect(isDay(day), day).toBe(false);
    }
  });

  it("end at midnight, also when they are shorter or longer", () => {
    const hour = 3_600_000;
    for (const [now, hours] of [
      ["2026-11-25T22:57:00Z", 0.05],
      ["2026-03-28T23:00:00Z", 23],
      ["2026-10-24T22:00:00Z", 25],
    ] as const) {
      vi.useFakeTimers({ now: new Date(now) });
      expect(untilTomorrow(), now).toBeGreaterThanOrEqual(hours * hour);
      expect(untilTomorrow(), now).toBeLessThan(hours * hour + 1000);
    }
  });
});
