/** The parts of one's own account, in the order in which the page shows them; the address says which one is open. */
export const profileTabs = [
  "me",
  "availability",
  "security",
  "sessions",
  "mail",
  "calendars",
  "tokens",
] as const;
export type ProfileTab = (typeof profileTabs)[number];

export function isProfileTab(value: unknown): value is ProfileTab {
  return profileTabs.some((tab) => tab === value);
}
