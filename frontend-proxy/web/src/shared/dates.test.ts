import { afterEach, describe, expect, it, vi } from "vitest";
import { addDays, configureTimeZone, isDay, today, untilTomorrow } from "./dates";

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

  it("begin at midnight in Brussels, on the days of the change of time and at year's end too", () => {
    for (const [now, day] of [
      ["2026-03-28T22:59:59Z", "2026-03-28"], // winter
      ["2026-03-28T23:00:00Z", "2026-03-29"], // the day with 23 hours
      ["2026-03-29T00:59:59Z", "2026-03-29"],
      ["2026-03-29T01:00:00Z", "2026-03-29"], // the clock jumps to 3
      ["2026-03-29T21:59:59Z", "2026-03-29"],
      ["2026-03-29T22:00:00Z", "2026-03-30"], // summer
      ["2026-10-24T22:00:00Z", "2026-10-25"], // the day with 25 hours
      ["2026-10-25T22:59:59Z", "2026-10-25"],
      ["2026-10-25T23:00:00Z", "2026-10-26"],
      ["2026-12-31T22:59:59Z", "2026-12-31"],
      ["2026-12-31T23:00:00Z", "2027-01-01"],
    ] as const) {
      vi.useFakeTimers({ now: new Date(now) });
      expect(today(), now).toBe(day);
    }
  });

  it("follow each other without a gap over the change of time and year's end", () => {
    expect(addDays("2026-03-28", 1)).toBe("2026-03-29");
    expect(addDays("2026-03-29", 1)).toBe("2026-03-30");
    expect(addDays("2026-10-26", -1)).toBe("2026-10-25");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2027-01-01", -1)).toBe("2026-12-31");
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
