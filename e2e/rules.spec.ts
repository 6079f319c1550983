import { apiOf, read, today } from "./application.js";
import { check } from "./axe.js";
import { expect, test } from "./fixtures.js";
import { ownKind } from "./waste.js";

test("a rule ends and comes back, and the page of its building follows", async ({ open }) => {
  const kind = await ownKind();
  const api = await apiOf("office");
  const { items } = await read<{ items: { id: number }[] }>(api, "/buildings?limit=1");
  const building = items[0]?.id;
  const made = await api.post("/collection-rules", {
    data: {
      type: kind, rrule: "FREQ=WEEKLY;BYDAY=TU", start_date: today(), season_from: "", season_to: "", on_holidays: "keep", held_from: "", held_until: "",
      building_ids: [building], tour_id: null, region_id: null, note: "", put_out: true, bring_in: true, time_from: "", time_to: "", exceptions: [],
    },
  });
  expect(made.status(), await made.text()).toBe(200);
  const { rule } = (await made.json()) as { rule: { id: number } };
  await api.dispose();
  const office = await open("office");
  await office.goto(`/manage/buildings/${building}`);
  const collections = office.getByRole("list", { name: "Collections" });
  await expect(collections).toContainText(kind);

  // A colleague ends it: the page follows without being loaded again.
  const colleague = await open("admin");
  await colleague.goto(`/manage/collection-rules/${rule.id}`);
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
