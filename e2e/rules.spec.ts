import { randomUUID } from "node:crypto";
import { apiOf, read } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";

/** A kind of waste of the test's own, so that no other collection is in the way. */
async function ownKind(): Promise<string> {
  const code = `T${randomUUID().replaceAll("-", "").slice(0, 7).toUpperCase()}`;
  const admin = await apiOf("admin");
  const answer = await admin.post("/waste-kinds", {
    data: { code, name_nl: code, name_en: code, name_fr: code, colour: "#7f63dc", icon: "shirt" },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  await admin.dispose();
  return code;
}

/** A day some days later, as the calendar reads it out. */
function inWords(day: string, later: number): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + later);
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: "UTC",
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  }).format(date);
}

test("the office makes a rule, moves one of its dates, and the building shows it; then the rule ends and comes back", async ({
  open,
}) => {
  test.slow(); // two windows
  const kind = await ownKind();
  const api = await apiOf("office");
  const { items } = await read<{ items: { id: number }[] }>(api, "/buildings?limit=1");
  await api.dispose();
  const building = items[0]?.id;
  const office = await open("office");
  await office.goto(`/manage/collection-rules/new?building=${building}`);
  await office.getByRole("combobox", { name: "Kind of waste" }).click();
  await office.getByRole("option", { name: kind }).click();
  await office.getByRole("checkbox", { name: "Tuesday" }).check();
  await expect(office.getByText(/^Every week on Tuesday, from /)).toBeVisible();
  const dates = office.getByRole("list", { name: "Next dates" }).getByRole("listitem");
  await expect(dates).not.toHaveCount(0);
  expect(await dates.count(), "20, and what is skipped").toBeGreaterThanOrEqual(20);
  await check(office);

  // Every two weeks has other dates than every week: the preview follows.
  const second = await dates.nth(1).locator("time").getAttribute("datetime");
  await office.getByRole("textbox", { name: "Every … weeks" }).fill("2");
  await expect(dates.nth(1).locator("time")).not.toHaveAttribute("datetime", second ?? "");
  const moved = (await dates.nth(1).locator("time").getAttribute("datetime")) ?? "";
  await dates
    .nth(1)
    .getByRole("button", { name: /^Move / })
    .click();
  await check(office);
  await office.getByRole("button", { name: /^To:/ }).click();
  await office.getByRole("button", { name: inWords(moved, 1) }).click();
  await office.getByRole("dialog").getByRole("button", { name: "Move" }).click();
  await expect(dates.nth(1)).toContainText("Instead of Tue");
  await office.getByRole("button", { name: "Make the rule" }).click();
  await expect(office.getByText(/The rule is made\. \d collections made/)).toBeVisible();
  await expect(
    office.getByRole("heading", { level: 1, name: new RegExp(`^${kind}`) }),
  ).toBeVisible();
  const rule = office.url();
  await check(office);

  await office.goto(`/manage/buildings/${building}`);
  const collections = office.getByRole("list", { name: "Collections" });
  await expect(
    collections
      .getByRole("listitem")
      .filter({ hasText: kind })
      .filter({ hasText: "instead of Tue" }),
  ).not.toHaveCount(0);
  await expect(office.getByRole("list", { name: "Rules for this building" })).toContainText(kind);
  await check(office);

  // A colleague ends it: the page follows without being loaded again.
  const colleague = await open("admin");
  await colleague.goto(rule);
  await colleague.getByRole("button", { name: "Archive" }).click();
  await expect(colleague.getByText(/The rule is archived\./)).toBeVisible();
  await expect(office.getByRole("list", { name: "Rules for this building" })).not.toContainText(
    kind,
  );
  await expect(collections).not.toContainText(kind);
  await check(colleague);
  await colleague.getByRole("button", { name: "Undo" }).click();
  await expect(colleague.getByText(/The rule is back in use\./)).toBeVisible();
  await expect(collections).toContainText(kind);

  // The last word is the test's own: nothing of it stays planned.
  await colleague.getByRole("button", { name: "Archive" }).click();
  await expect(colleague.getByText(/The rule is archived\./)).toBeVisible();
});

test("a syndic reads what is collected at their building, and an admin takes a kind of waste out of use and back", async ({
  open,
}) => {
  const syndic = await open("syndic");
  await syndic.goto("/my-buildings/1");
  await expect(syndic.getByRole("heading", { name: "Rules for this building" })).toBeVisible();
  await expect(
    syndic.getByRole("list", { name: "Rules for this building" }).getByRole("listitem"),
  ).not.toHaveCount(0);
  await expect(syndic.getByRole("button", { name: "Add a collection" })).toHaveCount(0);

  const kind = await ownKind();
  const admin = await open("admin");
  await admin.goto("/manage/waste-kinds");
  await admin.getByRole("button", { name: `Archive ${kind}` }).click();
  await expect(admin.getByText(`${kind} is archived.`, { exact: false })).toBeVisible();
  await admin.getByRole("button", { name: "Undo" }).click();
  await expect(admin.getByText(`${kind} is back in use.`)).toBeVisible();
  await admin.getByRole("button", { name: `Archive ${kind}` }).click();
  await expect(admin.getByRole("row", { name: kind })).toContainText("Archived");
});
