import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Role, WasteKind } from "@/shared/api/types";
import { makeAccount, makeWasteKind } from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { WasteKindsPage } from "./waste-kinds-page";

const glass = makeWasteKind({ code: "GLS", name_nl: "Glas", icon: "bottle", colour: "#123456" });

function Page({ role }: { role: Role }) {
  const [open, setOpen] = useState<string>();
  return <WasteKindsPage me={makeAccount({ role })} open={open} onOpen={setOpen} />;
}

function show(role: Role = "admin", kinds: WasteKind[] = [glass, makeWasteKind()]) {
  const stored = { kinds };
  server.use(http.get(at("/waste-kinds"), () => HttpResponse.json({ items: stored.kinds })));
  const { live, socket } = makeTestLive();
  renderPage(<Page role={role} />, { live });
  return { user: userEvent.setup(), stored, socket };
}

describe("kinds of waste", () => {
  it("are read by the office and changed by admins only", async () => {
    show("superstudent");
    expect(await screen.findByRole("rowheader", { name: "GLS" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Soort toevoegen" })).not.toBeInTheDocument();
    expect(screen.queryByRole("button", { name: /Wijzig/ })).not.toBeInTheDocument();
  });

  it("are added with an icon and a colour that are chosen by name", async () => {
    const { user } = show();
    const sent = vi.fn();
    server.use(
      http.post(at("/waste-kinds"), async ({ request }) => {
        const body = (await request.json()) as WasteKind;
        sent(body);
        return HttpResponse.json(makeWasteKind(body));
      }),
    );
    await user.click(await screen.findByRole("button", { name: "Soort toevoegen" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Voeg toe" }));
    expect(within(dialog).getByLabelText("Code")).toBeInvalid();
    await user.type(within(dialog).getByLabelText("Code"), "tex");
    await user.type(within(dialog).getByLabelText("Nederlands"), "Textiel");
    await user.type(within(dialog).getByLabelText("Engels"), "Textiles");
    await user.type(within(dialog).getByLabelText("Frans"), "Textiles");
    await user.click(within(dialog).getByRole("radio", { name: "Kleding" }));
    await user.click(within(dialog).getByRole("radio", { name: "Violet" }));
    await user.click(within(dialog).getByRole("button", { name: "Voeg toe" }));
    await waitFor(() =>
      expect(sent).toHaveBeenCalledWith({
        code: "TEX",
        name_nl: "Textiel",
        name_en: "Textiles",
        name_fr: "Textiles",
        icon: "shirt",
        colour: "#7f63dc",
      }),
    );
    expect(await screen.findByText("Textiel is toegevoegd.")).toBeVisible();
  });

  it("come back after they were archived", async () => {
    const { user } = show();
    const asked = vi.fn();
    const answer = (archived: boolean) => () => {
      asked(archived);
      return HttpResponse.json({ ...glass, archived });
    };
    server.use(
      http.delete(at("/waste-kinds/GLS"), answer(true)),
      http.post(at("/waste-kinds/GLS/unarchive"), answer(false)),
    );
    await user.click(await screen.findByRole("button", { name: "Archiveer Glas" }));
    await user.click(await screen.findByRole("button", { name: "Ongedaan maken" }));
    expect(await screen.findByText("Glas is terug in gebruik.")).toBeVisible();
    expect(asked.mock.calls).toEqual([[true], [false]]);
  });

  it("keep what is typed when somebody else was faster", async () => {
    const { user, stored } = show();
    server.use(
      http.put(at("/waste-kinds/GLS"), () => {
        stored.kinds = [{ ...glass, name_nl: "Glazen verpakking", version: 2 }];
        return HttpResponse.json(
          { code: "aborted", message: "No.", details: { reason: "changed_meanwhile" } },
          { status: 409 },
        );
      }),
    );
    await user.click(await screen.findByRole("button", { name: "Wijzig Glas" }));
    const dialog = await screen.findByRole("dialog");
    const name = within(dialog).getByLabelText("Nederlands");
    await user.clear(name);
    await user.type(name, "Flessen");
    await user.click(within(dialog).getByRole("button", { name: "Bewaar" }));
    expect(await within(dialog).findByText(/Glazen verpakking ·/)).toBeVisible();
    expect(name).toHaveValue("Flessen");
  });

  it("keep a colour from before the palette as a choice", async () => {
    const { user } = show();
    await user.click(await screen.findByRole("button", { name: "Wijzig Glas" }));
    expect(await screen.findByRole("radio", { name: "Huidige kleur" })).toBeChecked();
  });
});
