import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import type { RunDetail, Swap } from "@/shared/api/types";
import {
  makePicture,
  makeRemark,
  makeRunDetail,
  makeStop,
  makeSwap,
  makeVisit,
} from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { momentNear } from "./correct-dialog";
import { RunPage } from "./run-page";

function show(run: RunDetail, swaps: Swap[] = []) {
  server.use(
    http.get(at("/runs/12"), () => HttpResponse.json(run)),
    http.get(at("/swaps"), () => HttpResponse.json({ items: swaps, next_cursor: "" })),
  );
  renderPage(<RunPage id={12} mapOf={() => <p>De kaart</p>} workAt={() => <p>GFT</p>} />);
  return userEvent.setup();
}

it("finds the moment at which the clock shows a time, also across midnight", () => {
  expect(momentNear("2026-11-24T17:05:30Z", "18:00")).toBe("2026-11-24T17:00:00.000Z");
  expect(momentNear("2026-11-24T22:58:00Z", "00:10")).toBe("2026-11-24T23:10:00.000Z");
  expect(momentNear("2026-11-24T23:05:00Z", "23:50")).toBe("2026-11-24T22:50:00.000Z");
});

it("finds it in the nights in which the clock is put forward and back, and keeps a time that stays as it is", () => {
  // The last Sunday of October: 01:30, then after 03:00 summer time it is 02:00 again.
  expect(momentNear("2026-10-24T23:30:00Z", "03:30")).toBe("2026-10-25T02:30:00.000Z");
  expect(momentNear("2026-10-25T02:30:00Z", "01:30")).toBe("2026-10-24T23:30:00.000Z");
  // The last Sunday of March: 01:30, then after 02:00 it is 03:00.
  expect(momentNear("2026-03-29T00:30:00Z", "03:30")).toBe("2026-03-29T01:30:00.000Z");
  expect(momentNear("2026-11-24T17:05:30.250Z", "18:05")).toBe("2026-11-24T17:05:30.250Z");
});

it("gives a planned run to somebody else, and lets the office insist where it may", async () => {
  const run = makeRunDetail({ status: "planned", started_at: null });
  const asked: { despite_absence: boolean }[] = [];
  server.use(
    http.get(at("/users"), () =>
      HttpResponse.json({
        items: [3, 4].map((id) => ({
          id,
          first_name: id === 3 ? "Lotte" : "Noor",
          last_name: "De Smet",
          email: "",
          role: "student",
          active: true,
          region_ids: [1],
        })),
        next_cursor: "",
      }),
    ),
    http.put(at("/planning/runs"), async ({ request }) => {
      const body = (await request.json()) as { despite_absence: boolean };
      asked.push(body);
      return body.despite_absence
        ? HttpResponse.json({ items: [] })
        : HttpResponse.json(
            {
              code: "invalid_argument",
              message: "No.",
              details: { field: "runs", reason: "absent", rows: [{ index: 0, reason: "absent" }] },
            },
            { status: 400 },
          );
    }),
  );
  const user = show(run);
  expect(await screen.findByText("De kaart")).toBeVisible();
  expect(screen.getAllByText("GFT")).toHaveLength(2);
  await user.click(screen.getByRole("button", { name: "Aan iemand anders geven …" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("combobox", { name: "Nieuwe student" }));
  expect(screen.queryByRole("option", { name: "Lotte De Smet" })).toBeNull();
  await user.click(await screen.findByRole("option", { name: "Noor De Smet" }));
  await user.click(dialog.getByRole("button", { name: "Geef de rit" }));
  await user.click(await dialog.findByRole("button", { name: "Geef de rit toch" }));
  expect(await screen.findByText("De rit is nu van Noor De Smet.")).toBeVisible();
  expect(asked).toMatchObject([
    { despite_absence: false, items: [{ id: 12, worker_id: 4, version: 1 }] },
    { despite_absence: true },
  ]);
});

it("says that its worker asks for somebody else, and who would do it", async () => {
  const lucas = { id: 4, first_name: "Lucas", last_name: "Maes" };
  show(makeRunDetail({ status: "planned", started_at: null }), [
    makeSwap({ id: "a", run: { ...makeSwap().run, id: 13 } }),
    makeSwap({ state: "taken", taken_by: lucas }),
  ]);
  expect(await screen.findByText(/Lucas Maes wil deze rit overnemen van Lotte/)).toBeVisible();
  expect(screen.getByRole("link", { name: "Bekijk de ruilverzoeken" })).toHaveAttribute(
    "href",
    "/manage/swaps",
  );
  expect(screen.queryByText(/zoekt iemand anders/)).toBeNull();
});

it("says how long stops and run took against what was agreed, and corrects a time with a reason", async () => {
  const visit = makeVisit(["arrival", "inside", "departure"], { outcome: "done" });
  const run = makeRunDetail({
    status: "completed",
    started_at: "2026-11-24T17:00:00Z",
    completed_at: "2026-11-24T17:30:00Z",
    agreed_minutes: 24,
    stops: [makeStop(1, { visit })],
  });
  const asked: { id: string }[] = [];
  server.use(
    http.post(at("/runs/12/visits/100/corrections"), async ({ request }) => {
      asked.push((await request.json()) as { id: string });
      if (asked.length < 3) {
        return new HttpResponse(null, { status: 502 });
      }
      return HttpResponse.json({
        ...run,
        stops: [
          makeStop(1, {
            visit,
            corrections: [
              {
                id: "c1",
                what: "departure",
                time_before: "2026-11-24T17:02:00Z",
                time_after: "2026-11-24T17:12:00Z",
                outcome_before: null,
                outcome_after: null,
                reason_before: "",
                reason_after: "",
                reason: "Vergeten te tikken",
                corrected_at: "2026-11-25T09:00:00Z",
                corrected_by: { id: 2, name: "Kato Maes" },
              },
            ],
          }),
        ],
      });
    }),
  );
  const user = show(run);
  expect(await screen.findByText("30 min, 6 min langer dan de afgesproken 24 min")).toBeVisible();
  expect(screen.getByText("2 min, 10 min korter dan de afgesproken 12 min")).toBeVisible();
  expect(screen.queryByText("De kaart")).toBeNull();

  await user.click(screen.getByRole("button", { name: /^Corrigeer: Overpoortstraat/ }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("combobox", { name: "Wat klopt niet?" }));
  await user.click(await screen.findByRole("option", { name: "Weg" }));
  await user.clear(dialog.getByRole("textbox", { name: "Juiste tijd" }));
  await user.type(dialog.getByRole("textbox", { name: "Juiste tijd" }), "18:12");
  await user.click(dialog.getByRole("button", { name: "Bewaar correctie" }));
  expect(dialog.getByText("Geef een reden")).toBeVisible();
  await user.type(dialog.getByRole("textbox", { name: /^Waarom/ }), "Vergeten te tikken");
  for (const sent of [1, 2]) {
    await user.click(dialog.getByRole("button", { name: "Bewaar correctie" }));
    await waitFor(() => expect(asked).toHaveLength(sent));
    expect(await dialog.findByRole("alert")).toBeVisible();
  }
  await user.type(dialog.getByRole("textbox", { name: /^Waarom/ }), ", zegt Emma");
  await user.click(dialog.getByRole("button", { name: "Bewaar correctie" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const sent = { what: "departure", occurred_at: "2026-11-24T17:12:00.000Z" };
  expect(asked).toMatchObject([
    { ...sent, reason: "Vergeten te tikken" },
    { ...sent, reason: "Vergeten te tikken" },
    { ...sent, reason: "Vergeten te tikken, zegt Emma" },
  ]);
  expect(asked[1]?.id).toBe(asked[0]?.id);
  expect(asked[2]?.id).not.toBe(asked[0]?.id); // whatever became of the first, this is another correction
  const corrections = within(screen.getByRole("list", { name: "Correcties" }));
  expect(corrections.getByText(/18:02 werd 18:12/)).toHaveTextContent(
    /Kato Maes, .+: Vergeten te tikken/,
  );
});

it("takes a photo off a remark, with a reason", async () => {
  const photos = ["p1", "p2"].map((id, at) =>
    makePicture(id, "arrival", {
      step: null,
      remark_id: "r1",
      taken_at: `2026-11-24T17:0${at}:00Z`,
    }),
  );
  const remark = makeRemark("r1", { pictures: photos });
  const visit = makeVisit(["arrival"], { remarks: [remark] });
  const asked: (string | null)[] = [];
  server.use(
    http.delete(at("/remarks/r1/pictures/p1"), ({ request }) => {
      asked.push(new URL(request.url).searchParams.get("reason"));
      return HttpResponse.json({ ...remark, pictures: photos.slice(1) });
    }),
  );
  const user = show(makeRunDetail({ stops: [makeStop(1, { visit })] }));
  const list = await screen.findByRole("list", { name: "Opmerkingen" });
  const more = () => within(list).getAllByRole("button", { name: /^Meer over de foto/ });
  await waitFor(() => expect(more()).toHaveLength(2));
  await user.click(more()[0] as HTMLElement);
  await user.click(await screen.findByRole("menuitem", { name: "Foto weghalen" }));
  const dialog = await screen.findByRole("dialog", { name: "Foto van de opmerking weghalen?" });
  await user.click(within(dialog).getByRole("button", { name: "Foto weghalen" }));
  expect(await within(dialog).findByText("Geef een reden")).toBeInTheDocument();
  expect(asked, "not without a reason").toEqual([]);
  await user.type(within(dialog).getByRole("textbox"), "Een gezicht in beeld");
  await user.click(within(dialog).getByRole("button", { name: "Foto weghalen" }));
  await waitFor(() => expect(within(list).getAllByRole("img")).toHaveLength(1));
  expect(asked).toEqual(["Een gezicht in beeld"]);
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});
