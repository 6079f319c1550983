import { QueryClient } from "@tanstack/react-query";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import { queryKeys } from "@/shared/api/query-keys";
import { today } from "@/shared/dates";
import { makePicture, makeRemark, makeRunDetail, makeStop, makeVisit } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { RunPanel } from "./run-panel";

it("makes every list that shows the run stale when it is cancelled", async () => {
  const run = makeRunDetail({ status: "planned" });
  server.use(
    http.get(at("/runs/12"), () => HttpResponse.json(run)),
    http.post(at("/runs/12/cancel"), () =>
      HttpResponse.json({ ...run, status: "cancelled", cancel_reason: "Sneeuw" }),
    ),
  );
  const queryClient = new QueryClient();
  const lists = [queryKeys.dashboard(today()), queryKeys.weekPlans, queryKeys.myRuns] as const;
  for (const queryKey of lists) {
    queryClient.setQueryData(queryKey, []);
  }
  renderPage(<RunPanel runId={12} onClose={() => undefined} />, { queryClient });
  const user = userEvent.setup();

  await user.click(await screen.findByRole("button", { name: "Rit annuleren …" }));
  await user.type(await screen.findByRole("textbox", { name: "Reden" }), "Sneeuw");
  await user.click(screen.getByRole("button", { name: "Annuleer rit Centrum-Noord" }));

  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  for (const queryKey of lists) {
    expect(queryClient.getQueryState(queryKey)?.isInvalidated).toBe(true);
  }
});

it("says of times and photos what is wrong with them, in the list and on the large photo", async () => {
  const visit = makeVisit(["arrival"], {
    pictures: [
      makePicture("good", "arrival"),
      makePicture("bad", "arrival", { corrected: true, duplicate_of: "good" }),
    ],
  });
  const run = makeRunDetail({
    start_corrected: true,
    stops_differ: true,
    stops: [
      makeStop(1, {
        visit: { ...visit, steps: visit.steps.map((step) => ({ ...step, corrected: true })) },
      }),
    ],
  });
  server.use(http.get(at("/runs/12"), () => HttpResponse.json(run)));
  renderPage(<RunPanel runId={12} onClose={() => undefined} />);
  const user = userEvent.setup();

  expect(await screen.findByText(/De klok van de telefoon klopte niet/)).toBeVisible();
  expect(screen.getByText(/De rit volgt de haltes van de telefoon/)).toBeVisible();
  const stop = within(screen.getByRole("list", { name: "Haltes" }));
  // Of the step and of the second photo.
  expect(stop.getAllByText("tijd aangepast aan ontvangst")).toHaveLength(2);
  expect(stop.getAllByText("zelfde foto als een eerdere")).toHaveLength(1);

  await user.click(stop.getAllByRole("button")[0] as HTMLElement);
  const large = within(await screen.findByRole("dialog", { name: /^Foto/ }));
  expect(large.queryByText("tijd aangepast aan ontvangst")).not.toBeInTheDocument();
  await user.click(large.getByRole("button", { name: "Volgende foto" }));
  expect(large.getByText("tijd aangepast aan ontvangst")).toBeVisible();
  expect(large.getByText("zelfde foto als een eerdere")).toBeVisible();
});

it("leads from a photo to where it was used first, and says when one was taken and removed", async () => {
  const visit = makeVisit(["arrival"], {
    pictures: [
      makePicture("again", "arrival", {
        claimed_at: "2026-11-20T08:00:00Z",
        duplicate_of: "first",
        first_use: {
          run_id: 7,
          building_id: 101,
          street: "Overpoortstraat",
          house_number: "47",
          bus: "",
          taken_at: "2026-11-20T08:00:00Z",
        },
      }),
      makePicture("gone", "arrival", { removed_at: "2028-11-24T01:40:00Z" }),
    ],
  });
  const run = makeRunDetail({ stops: [makeStop(1, { visit })] });
  server.use(http.get(at("/runs/12"), () => HttpResponse.json(run)));
  renderPage(<RunPanel runId={12} onClose={() => undefined} />);
  const user = userEvent.setup();

  const first = await screen.findByRole("link", {
    name: /^zelfde foto als aan Overpoortstraat 47/,
  });
  expect(first).toHaveAttribute("href", "/manage/runs/7");
  expect(screen.getByText(/^foto van .*20 nov/)).toBeVisible();
  expect(screen.getByText(/^Verwijderd op .*24 nov/)).toBeVisible();
  const stop = within(screen.getByRole("list", { name: "Haltes" }));
  await user.click(stop.getAllByRole("button")[0] as HTMLElement);
  const large = within(await screen.findByRole("dialog", { name: /^Foto/ }));
  expect(large.getByText(/^zelfde foto als aan Overpoortstraat 47/)).toBeVisible();
  expect(large.getByRole("button", { name: "Volgende foto" })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
});

it("shows remarks with their photos as they come, and lets the office correct them with a reason", async () => {
  const remark = makeRemark("r1", {
    text: "De buur is gek",
    pictures: [makePicture("p1", "arrival", { step: null, remark_id: "r1" })],
  });
  const asked: unknown[] = [];
  server.use(
    http.get(at("/runs/12"), () =>
      HttpResponse.json(
        makeRunDetail({ stops: [makeStop(1, { visit: makeVisit([], { remarks: [remark] }) })] }),
      ),
    ),
    http.put(at("/remarks/r1"), async ({ request }) => {
      asked.push(await request.json());
      return HttpResponse.json({
        ...remark,
        text: "De poort was dicht",
        edited_at: remark.occurred_at,
      });
    }),
    http.delete(at("/remarks/r1"), ({ request }) => {
      asked.push(new URL(request.url).searchParams.get("reason"));
      return HttpResponse.json({ ...remark, text: "", deleted_at: remark.occurred_at });
    }),
  );
  renderPage(<RunPanel runId={12} onClose={() => undefined} />);
  const user = userEvent.setup();
  const remarks = within(await screen.findByRole("list", { name: "Opmerkingen" }));
  expect(remarks.getByText("De buur is gek")).toBeVisible();
  expect(remarks.getByRole("img", { name: /^Foto bij opmerking/ })).toBeVisible();

  await user.click(remarks.getByRole("button", { name: "Wijzig opmerking: De buur is gek" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Opmerking corrigeren" }));
  await user.clear(dialog.getByRole("textbox", { name: "Tekst" }));
  await user.type(dialog.getByRole("textbox", { name: "Tekst" }), "De poort was dicht");
  await user.click(dialog.getByRole("button", { name: "Corrigeer opmerking" }));
  expect(dialog.getByText("Geef een reden")).toBeVisible();
  await user.type(dialog.getByRole("textbox", { name: /^Waarom/ }), "Beleefd");
  await user.click(dialog.getByRole("button", { name: "Corrigeer opmerking" }));
  expect(await remarks.findByText("De poort was dicht")).toBeVisible();
  expect(asked[0]).toMatchObject({ text: "De poort was dicht", reason: "Beleefd" });

  await user.click(remarks.getByRole("button", { name: /^Verwijder opmerking/ }));
  await user.type(await screen.findByRole("textbox", { name: /^Waarom/ }), "Niet nodig");
  await user.click(screen.getByRole("button", { name: "Verwijder opmerking" }));
  await waitFor(() => expect(screen.queryByText("De poort was dicht")).toBeNull());
  expect(asked[1]).toBe("Niet nodig");
});
