import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import type { MailTemplate } from "@/shared/api/types";
import { makeAccount, makeMailTemplate, makeUser } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { type OpenTemplate, TemplatesPage } from "./templates-page";

function Page({ first }: { first: OpenTemplate }) {
  const [open, setOpen] = useState(first);
  return <TemplatesPage me={makeAccount()} open={open} onOpen={setOpen} />;
}

type Scene = { templates?: MailTemplate[]; open?: OpenTemplate; configured?: boolean };

/** A small server that keeps templates. */
function show({ templates = [makeMailTemplate()], open, configured = true }: Scene = {}) {
  let kept = templates;
  const saved = vi.fn();
  const previewed = vi.fn();
  const put = (id: number, facts: MailTemplate) => {
    saved(id, facts);
    const template = { ...makeMailTemplate({ ...facts, id }), version: facts.version + 1 };
    kept = [...kept.filter((one) => one.id !== id), template];
    return HttpResponse.json(template);
  };
  server.use(
    http.get(at("/mail/status"), () =>
      HttpResponse.json({
        configured,
        from: "",
        waiting: 0,
        waiting_since: null,
        failed: 0,
        last_sent_at: null,
      }),
    ),
    http.get(at("/mail/templates"), () => HttpResponse.json({ items: kept })),
    http.get(at("/mail/templates/:id"), ({ params }) =>
      HttpResponse.json(kept.find(({ id }) => id === Number(params.id))),
    ),
    http.post(at("/mail/templates"), async ({ request }) =>
      put(9, (await request.json()) as MailTemplate),
    ),
    http.put(at("/mail/templates/:id"), async ({ params, request }) =>
      put(Number(params.id), (await request.json()) as MailTemplate),
    ),
    http.delete(at("/mail/templates/:id"), ({ params }) => {
      kept = kept.filter(({ id }) => id !== Number(params.id));
      return new HttpResponse(null, { status: 200 });
    }),
    http.get(at("/users"), () => HttpResponse.json({ items: [makeUser()], next_cursor: "" })),
    http.post(at("/mail/preview"), async ({ request }) => {
      previewed(await request.json());
      return HttpResponse.json({
        subject: "Dag Lotte",
        text: "Beste Lotte",
        html: '<html lang="nl"><head><style>p{margin:0}</style></head><body><p style="color:red">Beste Lotte</p><script>window.evil = 1</script></body></html>',
      });
    }),
  );
  renderPage(<Page first={open} />);
  return { user: userEvent.setup(), saved, previewed };
}

const textbox = (name: string) => screen.findByRole("textbox", { name });

it("lists the templates, and leads to writing with one", async () => {
  show();
  const list = within(await screen.findByRole("list", { name: "Sjablonen" }));
  expect(list.getByRole("link", { name: "Sleutels" })).toHaveAttribute(
    "href",
    "/manage/mail/templates?template=5",
  );
  expect(list.getByText("Sleutels van {{building}}")).toBeVisible();
  expect(list.getByRole("link", { name: "Gebruiken: Sleutels" })).toHaveAttribute(
    "href",
    "/manage/mail/write?template=5",
  );
});

it("says what a template is for when there is none, and that no mail leaves without a server", async () => {
  show({ templates: [], configured: false });
  expect(await screen.findByText("Nog geen sjablonen")).toBeVisible();
  expect(await screen.findByText(/SMTP_HOST en SMTP_PORT/)).toBeVisible();
});

it("keeps a new template, with variables put where one types", async () => {
  const { user, saved } = show();
  await user.click(await screen.findByRole("button", { name: "Nieuw sjabloon" }));
  await user.type(await textbox("Naam"), "Afval");
  const subject = await textbox("Onderwerp");
  await user.type(subject, "Dag !");
  await user.keyboard("{ArrowLeft}");
  await user.click(screen.getByRole("button", { name: "Voeg in: Voornaam" }));
  expect(subject).toHaveValue("Dag {{first_name}}!");
  expect(subject).toHaveFocus();
  await user.keyboard(" en");
  expect(subject).toHaveValue("Dag {{first_name}} en!");
  await user.click(await textbox("Tekst"));
  await user.click(screen.getByRole("button", { name: "Voeg in: Gebouw" }));
  await user.click(screen.getByRole("button", { name: "Sjabloon bewaren" }));
  expect(await screen.findByText("Het sjabloon Afval is bewaard.")).toBeVisible();
  expect(saved).toHaveBeenCalledExactlyOnceWith(9, {
    name: "Afval",
    subject: "Dag {{first_name}} en!",
    body: "{{building}}",
    version: 0,
  });
  expect(await screen.findByRole("link", { name: "Afval" })).toBeVisible();
});

it("names an unknown variable at its field, and keeps what was typed", async () => {
  const { user } = show({ open: 5 });
  server.use(
    http.put(at("/mail/templates/5"), () =>
      HttpResponse.json(
        {
          code: "invalid_argument",
          message: "There is no variable {{voornaam}}.",
          details: { field: "body", reason: "unknown_variable" },
        },
        { status: 400 },
      ),
    ),
  );
  const body = await textbox("Tekst");
  await user.clear(body);
  await user.type(body, "Dag {{{{ voornaam }}, {{{{name}}");
  await user.click(screen.getByRole("button", { name: "Bewaar" }));
  await waitFor(() => expect(body).toBeInvalid());
  expect(body).toHaveAccessibleDescription(/De variabele \{\{voornaam\}\} bestaat niet/);
  expect(body).toHaveValue("Dag {{ voornaam }}, {{name}}");
  expect(body).toHaveFocus();
});

it("says that a name is taken", async () => {
  const { user } = show({ open: 5 });
  server.use(
    http.put(at("/mail/templates/5"), () =>
      HttpResponse.json(
        { code: "already_exists", details: { field: "name", reason: "name_taken" } },
        { status: 409 },
      ),
    ),
  );
  await user.type(await textbox("Naam"), "2");
  await user.click(screen.getByRole("button", { name: "Bewaar" }));
  await waitFor(async () => expect(await textbox("Naam")).toBeInvalid());
});

it("lets one choose when a colleague has changed it meanwhile", async () => {
  const { user, saved } = show({ open: 5 });
  const subject = await textbox("Onderwerp");
  await user.clear(subject);
  await user.type(subject, "Van mij");
  server.use(
    http.put(
      at("/mail/templates/5"),
      () =>
        HttpResponse.json(
          { code: "aborted", details: { reason: "changed_meanwhile" } },
          { status: 409 },
        ),
      { once: true },
    ),
    http.get(at("/mail/templates/5"), () =>
      HttpResponse.json(makeMailTemplate({ subject: "Van een ander", version: 8 })),
    ),
  );
  await user.click(screen.getByRole("button", { name: "Bewaar" }));
  expect(await screen.findByText("Van een ander")).toBeVisible();
  expect(subject).toHaveValue("Van mij");
  await user.click(screen.getByRole("button", { name: "Behoud de mijne" }));
  await user.click(screen.getByRole("button", { name: "Bewaar" }));
  await waitFor(() =>
    expect(saved).toHaveBeenLastCalledWith(
      5,
      expect.objectContaining({ subject: "Van mij", version: 8 }),
    ),
  );
});

it("shows how it arrives at a person who is chosen, as a page without scripts and as text", async () => {
  const { user, previewed } = show({ open: 5 });
  const subject = await textbox("Onderwerp");
  await user.clear(subject);
  await user.type(subject, "Dag");
  await user.click(screen.getByRole("button", { name: "Voorbeeld bekijken" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Voorbeeld" }));
  const frame = await dialog.findByTitle<HTMLIFrameElement>("Voorbeeld");
  expect(frame).toHaveAttribute("sandbox", "allow-same-origin");
  expect(frame.contentDocument?.body).toHaveTextContent("Beste Lotte");
  expect(frame.contentDocument?.querySelector("p")?.style.color).toBe("red");
  expect(frame.contentDocument?.documentElement.lang).toBe("nl");
  expect(previewed).toHaveBeenLastCalledWith(
    expect.objectContaining({ user_id: 2, subject: "Dag", template_id: 0, building_ids: [] }),
  );
  await user.click(dialog.getByRole("combobox", { name: "Voorbeeld voor" }));
  await user.click(await screen.findByRole("option", { name: /Lotte De Smet/ }));
  await waitFor(() =>
    expect(previewed).toHaveBeenLastCalledWith(expect.objectContaining({ user_id: 3 })),
  );
  await user.click(await dialog.findByRole("radio", { name: "Als tekst" }));
  expect(await dialog.findByRole("region", { name: "Als tekst" })).toHaveTextContent("Beste Lotte");
});

it("is deleted after a question that names it", async () => {
  const { user } = show({ open: 5 });
  await user.click(await screen.findByRole("button", { name: "Verwijderen …" }));
  const dialog = within(
    await screen.findByRole("dialog", { name: "Sjabloon Sleutels verwijderen?" }),
  );
  await user.click(dialog.getByRole("button", { name: "Sjabloon verwijderen" }));
  expect(await screen.findByText("Het sjabloon Sleutels is verwijderd.")).toBeVisible();
  expect(await screen.findByText("Nog geen sjablonen")).toBeVisible();
});

it("asks before a change that is not saved is left", async () => {
  const { user } = show({ open: 5 });
  await user.type(await textbox("Onderwerp"), "!");
  await user.click(screen.getByRole("link", { name: "Sjablonen" }));
  expect(
    await screen.findByRole("dialog", { name: "Je wijzigingen zijn niet bewaard" }),
  ).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Blijf hier" }));
  expect(await textbox("Onderwerp")).toHaveValue("Sleutels van {{building}}!");
});

it("is kept as a new one after a colleague has deleted it", async () => {
  const { user, saved } = show({ open: 5 });
  await user.type(await textbox("Onderwerp"), "!");
  server.use(
    http.put(at("/mail/templates/5"), () =>
      HttpResponse.json({ code: "not_found", message: "", details: {} }, { status: 404 }),
    ),
  );
  await user.click(screen.getByRole("button", { name: "Bewaar" }));
  expect(await screen.findByText(/Een collega heeft dit sjabloon verwijderd/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Verwijderen …" })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Sjabloon bewaren" }));
  await waitFor(() =>
    expect(saved).toHaveBeenCalledExactlyOnceWith(
      9,
      expect.objectContaining({ subject: "Sleutels van {{building}}!" }),
    ),
  );
});
