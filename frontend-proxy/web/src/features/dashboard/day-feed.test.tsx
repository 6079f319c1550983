import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { DayNews } from "@/shared/api/types";
import { today } from "@/shared/dates";
import { makeRun, makeStop } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { DayFeed } from "./day-feed";

function makeNews(changes: Partial<DayNews> = {}): DayNews {
  const { id, tour, worker, date } = makeRun();
  const { building } = makeStop(1);
  return {
    id: "remark:1",
    kind: "remark",
    at: `${today()}T09:30:00Z`,
    run: { id, tour, worker, date },
    incident_id: 0,
    building: { id: building.id, name: building.name, address: building.address },
    detail: "",
    text: "De poort klemt",
    photos: 2,
    ...changes,
  };
}

function answerWith(items: DayNews[], next_cursor = "") {
  const asked: string[] = [];
  server.use(
    http.get(at("/dashboard/feed"), ({ request }) => {
      asked.push(new URL(request.url).searchParams.get("limit") ?? "");
      return HttpResponse.json({ items, next_cursor });
    }),
  );
  return asked;
}

describe("the feed of the day", () => {
  it("tells what happened, the latest first, with the ways to it", async () => {
    answerWith([
      makeNews({
        id: "incident:9",
        kind: "incident",
        incident_id: 9,
        run: null,
        detail: "dirty",
        text: "Glas",
      }),
      makeNews({
        id: "stop:12:100",
        kind: "stop",
        detail: "skipped",
        text: "Straat open",
        photos: 0,
      }),
      makeNews(),
    ]);
    renderPage(<DayFeed day={{ date: today() }} />);
    const log = within(await screen.findByRole("log", { name: "Wat er gebeurt" }));
    const items = (await log.findAllByRole("listitem")).map((item) => item.textContent);
    expect(items[0]).toMatch(/Melding: Vuil.*Glas/);
    expect(items[1]).toMatch(/Halte overgeslagen.*Straat open/);
    expect(items[2]).toMatch(/Opmerking.*De poort klemt · 2 foto’s/);
    expect(log.getByRole("link", { name: "Melding: Vuil" })).toHaveAttribute(
      "href",
      "/manage/incidents?status=all&incident=9",
    );
    expect(log.getAllByRole("link", { name: makeRun().tour.name })).toHaveLength(2);
    expect(log.getAllByRole("link", { name: /Overpoortstraat/ })[0]).toHaveAttribute(
      "href",
      "/manage/buildings/100",
    );
  });

  it("shows more when one asks, and never without end", async () => {
    const asked = answerWith([makeNews()], "more");
    renderPage(<DayFeed day={{ date: today() }} />);
    await userEvent.click(await screen.findByRole("button", { name: "Meer tonen" }));
    await userEvent.click(await screen.findByRole("button", { name: "Meer tonen" }));
    expect(await screen.findByText("Alleen de laatste 200 staan hier.")).toBeVisible();
    expect(asked).toEqual(["10", "50", "200"]);
  });

  it("says that nothing happened, and that it could not be loaded", async () => {
    answerWith([]);
    const { unmount } = renderPage(<DayFeed day={{ date: today() }} />);
    expect(await screen.findByText(/^Nog geen opmerkingen/)).toBeVisible();
    unmount();
    server.use(
      http.get(at("/dashboard/feed"), () =>
        HttpResponse.json(
          { code: "permission_denied", message: "", details: null },
          { status: 403 },
        ),
      ),
    );
    renderPage(<DayFeed day={{ date: today() }} />);
    expect(await screen.findByRole("alert")).toBeVisible();
  });
});
