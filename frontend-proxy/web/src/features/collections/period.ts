import { addDays } from "@/shared/dates";
import { mondayOf } from "@/shared/day-grid/period";
import type { View } from "./search";

function monthOf(day: string, months: number): string {
  const moment = new Date(`${day.slice(0, 7)}-01T12:00:00Z`);
  moment.setUTCMonth(moment.getUTCMonth() + months);
  return moment.toISOString().slice(0, 10);
}

/** The first and last day that a view shows around a day: its month, or its week from Monday to Sunday. */
export function periodOf(view: View, day: string): { from: string; to: string } {
  if (view === "month") {
    return { from: monthOf(day, 0), to: addDays(monthOf(day, 1), -1) };
  }
  const from = mondayOf(day);
  return { from, to: addDays(from, 6) };
}

/** A day of the period after (1) or before (-1) the one of a day. */
export function turned(view: View, day: string, by: 1 | -1): string {
  return view === "month" ? monthOf(day, by) : addDays(mondayOf(day), 7 * by);
}
