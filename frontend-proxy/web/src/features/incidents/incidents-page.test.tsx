import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { IncidentDetail } from "@/shared/api/types";
import type { IncidentFilter } from "@/shared/incidents/incident-queries";
import { makeBuilding, makeIncident, makeIncidentDetail, makeUser } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { IncidentsPage } from "./incidents-page";

type Scene = { details?: IncidentDetail[]; filter?: IncidentFilter; open?: number };

function Page({ filter: first = {}, open: opened }: Pick<Scene, "filter" | "open">) {
  const [filter, setFilter] = useState(first);
  const [open, setOpen] = useState(opened);
  return <IncidentsPage filter={filter} open={open} onFilter={setFilter} onOpen={setOpen} />;
}

/** A small server that keeps incidents. */
function show({ details = [makeIncidentDetail()], ...scene }: Scene = {}) {
  const kept = new Map(details.map((detail) => [detail.incident.id, detail]));
  const asked = vi.fn();
  const sent = vi.fn();
  server.use(
    http.get(at("/users"), ({ request }) => {
      const role = new URL(request.url).searchParams.get("role");
      const items = role === "superstudent" ? [makeUser({ id: 2, role: "superstudent" })] : [];
      return HttpResponse.json({ items, next_cursor: "" });
    }),
    http.get(at("/regions"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/buildings"), () =>
      HttpResponse.json({ items: [makeBuilding({ id: 5 })], next_cursor: "" }),
    ),
    http.get(at("/buildings/:id"), () => HttpResponse.json(makeBuilding({ id: 5 }))),
    http.get(at("/incidents"), ({ request }) => {
      const { limit: _, ...query } = Object.fromEntries(new URL(request.url).searchParams);
      asked(query);
      return HttpResponse.json({
        items: [...kept.values()].map(({ incident }) => incident),
        next_cursor: "",
      });
    }),
    http.get(at("/incidents/:id"), ({ params }) => {
      const detail = kept.get(Number(params.id));
      return detail === undefined
        ? HttpResponse.json({ code: "not_found", message: "" }, { status: 404 })
        : HttpResponse.json(detail);
    }),
    http.put(at("/incidents/:id"), async ({ params, request }) => {
      const body = (await request.json()) as { status: "open"; version: number };
      sent(body);
      const detail = kept.get(Number(params.id));
      if (detail === undefined || detail.incident.version !== body.version) {
        return HttpResponse.json(
          { code: "aborted", message: "", details: { reason: "changed_meanwhile" } },
          { status: 409 },
        );
      }
      const changed = {
        ...detail,
        incident: { ...detail.incident, status: body.status, version: body.version + 1 },
      };
      kept.set(detail.incident.id, changed);
      return HttpResponse.json(changed);
    }),
    http.post(at("/incidents/:id/comments"), async ({ params, request }) => {
      sent(await request.json());
      return HttpResponse.json(kept.get(Number(params.id)));
    }),
    http.post(at("/incidents"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(makeIncidentDetail({ incident: makeIncident({ id: 12 }) }));
    }),
  );
  renderPage(<Page filter={scene.filter} open={scene.open} />);
  return { user: userEvent.setup(), asked, sent };
}

describe("the office", () => {
  it("sees what is not resolved, and narrows it", async () => {
    const { user, asked } = show();
    expect(
      await screen.findByRole("link", { name: /^Niet opgehaald, .*, Open$/ }),
    ).toBeInTheDocument();
    expect(asked).toHaveBeenCalledWith({ status: "unresolved" });
    await user.click(screen.getByRole("combobox", { name: "Status" }));
    await user.click(await screen.findByRole("option", { name: "Alle" }));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith({}));
    await user.click(screen.getByRole("combobox", { name: "Soort" }));
    await user.click(await screen.findByRole("option", { name: "Vuil" }));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith({ kind: "dirty" }));
  });

  it("answers with the next status", async () => {
    const { user, sent } = show({ open: 12 });
    const panel = await screen.findByRole("complementary", { name: "Niet opgehaald" });
    expect(within(panel).getByText(/an@example.org/)).toBeInTheDocument();
    await user.type(within(panel).getByRole("textbox", { name: "Antwoord" }), "We bellen.");
    await user.click(within(panel).getByRole("button", { name: "In behandeling nemen" }));
    await waitFor(() =>
      expect(sent).toHaveBeenCalledExactlyOnceWith({
        status: "acknowledged",
        kind: "missed_collection",
        responsible_id: 0,
        text: "We bellen.",
        version: 1,
      }),
    );
    expect(await within(panel).findByText("In behandeling")).toBeInTheDocument();
    expect(within(panel).getByRole("textbox", { name: "Antwoord" })).toHaveValue("");
    expect(
      within(panel).queryByRole("button", { name: "In behandeling nemen" }),
    ).not.toBeInTheDocument();
  });

  it("keeps the answer when a colleague was faster", async () => {
    const detail = makeIncidentDetail();
    const { user } = show({ details: [detail], open: 12 });
    const panel = await screen.findByRole("complementary", { name: "Niet opgehaald" });
    const answer = await within(panel).findByRole("textbox", { name: "Antwoord" });
    server.use(
      http.put(at("/incidents/:id"), () =>
        HttpResponse.json(
          { code: "aborted", message: "", details: { reason: "changed_meanwhile" } },
          { status: 409 },
        ),
      ),
    );
    await user.type(answer, "We bellen.");
    await user.click(within(panel).getByRole("button", { name: "Oplossen" }));
    expect(await within(panel).findByRole("alert")).toBeInTheDocument();
    expect(answer).toHaveValue("We bellen.");
  });

  it("says which comments the syndic reads", async () => {
    const { user, sent } = show({ open: 12 });
    const comment = await screen.findByRole("textbox", { name: "Opmerking" });
    expect(screen.getByRole("button", { name: "Voeg toe" })).toBeDisabled();
    await user.type(comment, "Gebeld");
    await user.click(screen.getByRole("checkbox", { name: "Ook voor de syndicus" }));
    await user.click(screen.getByRole("button", { name: "Voeg toe" }));
    await waitFor(() =>
      expect(sent).toHaveBeenCalledExactlyOnceWith({ text: "Gebeld", for_syndics: true }),
    );
    await waitFor(() => expect(comment).toHaveValue(""));
  });

  it("reports what somebody tells on the phone", async () => {
    const { user, sent } = show({ filter: { building: 5 } });
    await user.click(await screen.findByRole("button", { name: "Probleem melden" }));
    const dialog = await screen.findByRole("dialog", { name: "Probleem melden" });
    await user.click(within(dialog).getByRole("button", { name: "Melden" }));
    expect(await within(dialog).findByText("Kies wat er is.")).toBeInTheDocument();
    await user.click(within(dialog).getByRole("radio", { name: "Iets anders" }));
    await user.click(within(dialog).getByRole("button", { name: "Melden" }));
    expect(await within(dialog).findByText("Schrijf wat er is.")).toBeInTheDocument();
    expect(sent).not.toHaveBeenCalled();
    await user.type(within(dialog).getByRole("textbox", { name: "Uitleg" }), "Ratten");
    await user.click(within(dialog).getByRole("button", { name: "Melden" }));
    await waitFor(() =>
      expect(sent).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({ building_id: 5, kind: "other", text: "Ratten" }),
      ),
    );
    expect(await screen.findByRole("complementary")).toBeInTheDocument();
  });

  it("asks before it throws away what was typed, however the form is closed", async () => {
    const { user } = show({ filter: { building: 5 } });
    await user.click(await screen.findByRole("button", { name: "Probleem melden" }));
    const form = await screen.findByRole("dialog", { name: "Probleem melden" });
    const text = within(form).getByRole("textbox", { name: "Uitleg" });
    await user.type(text, "Ratten");
    await user.keyboard("{Escape}");
    await user.click(await screen.findByRole("button", { name: "Blijf hier" }));
    expect(text).toHaveValue("Ratten");
    await user.click(within(form).getByRole("button", { name: "Annuleren" }));
    await user.click(await screen.findByRole("button", { name: "Verlaat zonder te bewaren" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  });

  it("is told when there is no such incident", async () => {
    show({ details: [], open: 99 });
    expect(await screen.findByRole("alert")).toBeInTheDocument();
    expect(await screen.findByText("Geen open meldingen")).toBeInTheDocument();
  });
});
