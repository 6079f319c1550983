import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { delay, HttpResponse, http } from "msw";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { MailSkipped } from "@/shared/api/types";
import {
  makeAccount,
  makeBuilding,
  makeMailMessage,
  makeMailTemplate,
  makePerson,
  makePicture,
  makeUser,
} from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import type { Sending } from "./queries";
import { WritePage, type WriteWith } from "./write-page";

function Page({ first = {}, account }: { first: WriteWith | undefined; account: number }) {
  const [added, setAdded] = useState(first);
  return <WritePage me={makeAccount({ id: account })} added={added} onAdded={() => setAdded({})} />;
}

const lotte = makeUser();
const building = makeBuilding({ syndics: [{ id: 8, name: "Philippe Maes" }] });

type Scene = {
  added?: WriteWith;
  account?: number;
  configured?: boolean;
  skipped?: MailSkipped[];
  receivers?: number;
};

/** A small server that sends once for each key. */
function serve({ configured = true, skipped = [], receivers = 1 }: Scene = {}) {
  const asked = vi.fn();
  const sent = vi.fn();
  const answers = new Map<string, Sending>();
  const items = Array.from({ length: receivers }, (_, place) => ({
    user_id: 3 + place,
    name: place === 0 ? "Lotte De Smet" : `Persoon ${place}`,
    address: `p${place}@trottoir.example`,
    building_ids: [],
  }));
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
    http.get(at("/mail/templates"), () => HttpResponse.json({ items: [makeMailTemplate()] })),
    http.get(at("/mail/templates/5"), () => HttpResponse.json(makeMailTemplate())),
    http.get(at("/users"), () => HttpResponse.json({ items: [lotte], next_cursor: "" })),
    http.get(at("/users/3"), () => HttpResponse.json(makePerson())),
    http.get(at("/buildings"), () => HttpResponse.json({ items: [building], next_cursor: "" })),
    http.get(at("/buildings/100"), () => HttpResponse.json(building)),
    http.post(at("/mail/receivers"), async ({ request }) => {
      asked(await request.json());
      return HttpResponse.json({ items, copies: [], skipped });
    }),
    http.post(at("/mail/preview"), async ({ request }) => {
      const { user_id: user } = (await request.json()) as { user_id: number };
      return HttpResponse.json({
        subject: "Dag",
        text: `Beste ${user}`,
        html: `<html lang="nl"><body><p>Beste ${user}</p></body></html>`,
      });
    }),
    http.post(at("/mail/send"), async ({ request }) => {
      const key = request.headers.get("Idempotency-Key") ?? "";
      const body = (await request.json()) as Sending;
      const before = answers.get(key);
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(body)) {
        return HttpResponse.json(
          { code: "already_exists", details: { field: "idempotency_key", reason: "id_reused" } },
          { status: 409 },
        );
      }
      if (before === undefined) {
        answers.set(key, body);
        sent(body);
      }
      return HttpResponse.json({
        id: 7,
        items: items.map((_, place) => makeMailMessage({ id: 40 + place, kind: "message" })),
        skipped,
      });
    }),
  );
  return { asked, sent };
}

function show(scene: Scene = {}) {
  const page = renderPage(<Page first={scene.added} account={scene.account ?? 2} />);
  return { user: userEvent.setup(), ...page };
}

// By label and by text: to look for roles takes seconds on a page with so many fields.
const textbox = (name: string) =>
  screen.findByLabelText(name, { selector: "input:not([type=hidden]), textarea" });
const choice = (name: string) => screen.findByText(name, { selector: "[role=option] *" });
const laterButton = (name: string) => screen.findByText(name, { selector: "button *" });
const button = (name: string) => screen.getByText(name, { selector: "button *" });
/** Puts a text after what stands in a field, in one go. */
async function put(user: ReturnType<typeof userEvent.setup>, field: string, text: string) {
  await user.click(await textbox(field));
  await user.paste(text);
}
const review = () => button("Bekijken en versturen");

async function write(user: ReturnType<typeof userEvent.setup>) {
  await user.click(await textbox("Mensen"));
  await user.click(await choice("Lotte De Smet"));
  await user.keyboard("{Escape}");
  await put(user, "Onderwerp", "Dag");
  await put(user, "Tekst", "Beste {{first_name}}");
}

function refuse(path: string, details: object, code = "invalid_argument", status = 400) {
  server.use(
    http.post(at(path), () => HttpResponse.json({ code, message: "", details }, { status })),
  );
}

describe("writing a mail", () => {
  it("goes to people, syndics and addresses, once however often one clicks", async () => {
    const { asked, sent } = serve({ receivers: 3 });
    const { user } = show();
    await write(user);
    await user.click(await textbox("Syndici van gebouwen"));
    const option = await screen.findByRole("option", { name: /Overpoortstraat 47/ });
    expect(option).toHaveTextContent("Philippe Maes");
    await user.click(option);
    await user.keyboard("{Escape}");
    await put(user, "Andere adressen", "Buur <buur@example.org>, raad@example.org");
    await put(user, "Kopie aan", "an@example.org");
    await user.click(review());

    await screen.findByRole("dialog", { name: "Naar 3 mensen versturen?" });
    const sending = {
      subject: "Dag",
      body: "Beste {{first_name}}",
      user_ids: [3],
      building_ids: [100],
      addresses: ["buur@example.org", "raad@example.org"],
      cc: ["an@example.org"],
      about_building_id: 0,
      picture_ids: [],
    };
    expect(asked).toHaveBeenLastCalledWith(sending);
    expect(sent).not.toHaveBeenCalled();
    await user.dblClick(button("Verstuur naar 3 mensen"));
    expect(await screen.findByText("De mail “Dag” gaat naar 3 mensen.")).toBeVisible();
    expect(sent).toHaveBeenCalledExactlyOnceWith(sending);
    expect(screen.getByRole("link", { name: "Volg hoe het gaat" })).toHaveAttribute(
      "href",
      "/manage/mail?sending=7",
    );
    expect(
      screen.getByText("De mail “Dag” gaat naar 3 mensen.").closest("[tabindex]"),
    ).toHaveFocus();
    expect(await textbox("Onderwerp")).toHaveValue("");
    expect(localStorage.length).toBe(0);
  });

  it("is seen as each of them gets it", async () => {
    serve({ receivers: 3 });
    const { user } = show();
    await write(user);
    await user.click(review());
    const dialog = within(await screen.findByRole("dialog"));
    const frame = () => dialog.findByTitle<HTMLIFrameElement>("Voorbeeld");
    expect((await frame()).contentDocument?.body).toHaveTextContent("Beste 3");
    await user.click(await textbox("Voorbeeld voor"));
    await user.click(await screen.findByText(/Persoon 2/));
    await waitFor(async () =>
      expect((await frame()).contentDocument?.body).toHaveTextContent("Beste 5"),
    );
  });

  it("says no more what went wrong once it has gone well", async () => {
    serve();
    server.use(http.post(at("/mail/receivers"), () => HttpResponse.error(), { once: true }));
    const { user } = show();
    await write(user);
    await user.click(review());
    expect(await screen.findByText(/Geen verbinding/)).toBeVisible();
    await user.click(review());
    await screen.findByRole("dialog");
    expect(screen.queryByText(/Geen verbinding/)).not.toBeInTheDocument();
  });

  it("tells one receiver in words, and asks again for a preview that was lost on the way", async () => {
    serve();
    server.use(http.post(at("/mail/preview"), () => HttpResponse.error(), { once: true }));
    const { user } = show();
    await write(user);
    await user.click(review());
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText("Lotte De Smet (p0@trottoir.example)")).toBeVisible();
    expect(dialog.queryByRole("combobox")).not.toBeInTheDocument();
    await user.click(await dialog.findByRole("button", { name: "Probeer opnieuw" }));
    expect(await dialog.findByTitle("Voorbeeld")).toBeVisible();
  });

  it("names who gets nothing and why, before and after", async () => {
    serve({
      skipped: [
        { user_id: 9, name: "Gust Weg", building_id: 0, reason: "inactive" },
        { user_id: 0, name: "", building_id: 100, reason: "no_syndic" },
      ],
    });
    const { user } = show({ added: { building: 100 } });
    await screen.findAllByText("Overpoortstraat 47");
    await put(user, "Onderwerp", "Dag");
    await put(user, "Tekst", "x");
    await user.click(review());
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText("Gust Weg: het account is niet actief")).toBeVisible();
    expect(dialog.getByText("Overpoortstraat 47: niemand beheert dit gebouw")).toBeVisible();
    await user.click(button("Verstuur naar 1 persoon"));
    await screen.findByText("De mail “Dag” gaat naar 1 persoon.");
    expect(screen.getByText("Gust Weg: het account is niet actief")).toBeVisible();
  });

  it("is sent once when its answer is lost, also after the page was loaded again", async () => {
    const { sent } = serve();
    const { user, unmount } = show();
    await write(user);
    await user.click(review());
    const send = () => laterButton("Verstuur naar 1 persoon");
    server.use(
      http.post(
        at("/mail/send"),
        async ({ request }) => {
          // It arrives, and its answer does not.
          const again = request.clone();
          await fetch(at("/mail/send"), {
            method: "POST",
            headers: again.headers,
            body: await again.text(),
          });
          return HttpResponse.error();
        },
        { once: true },
      ),
    );
    await user.click(await send());
    expect(await screen.findByText(/niemand krijgt hem twee keer/)).toBeVisible();
    expect(sent).toHaveBeenCalledTimes(1);
    unmount();

    show();
    expect(await screen.findByText(/die je eerder op dit toestel begon/)).toBeVisible();
    expect(await textbox("Tekst")).toHaveValue("Beste {{first_name}}");
    await user.click(review());
    await user.click(await send());
    expect(await screen.findByText("De mail “Dag” gaat naar 1 persoon.")).toBeVisible();
    expect(sent).toHaveBeenCalledTimes(1);
  });

  it("says that a mail left before it was changed, and sends the other only when told to", async () => {
    const { sent } = serve();
    const { user } = show();
    await write(user);
    await user.click(review());
    refuse("/mail/send", { field: "idempotency_key", reason: "id_reused" }, "already_exists", 409);
    await user.click(await laterButton("Verstuur naar 1 persoon"));
    expect(await screen.findByText(/al verstuurd, voor je hem hier wijzigde/)).toBeVisible();
    server.resetHandlers();
    const again = serve();
    await user.click(button("Als nieuwe mail versturen …"));
    expect(again.sent).not.toHaveBeenCalled();
    await user.click(await laterButton("Verstuur naar 1 persoon"));
    await screen.findByText("De mail “Dag” gaat naar 1 persoon.");
    expect(sent).not.toHaveBeenCalled();
    expect(again.sent).toHaveBeenCalledTimes(1);
  });

  it("waits for the answer before it can be left", async () => {
    serve();
    const { user } = show();
    await write(user);
    await user.click(review());
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    server.use(
      http.post(at("/mail/send"), async () => {
        await held;
        await delay(0);
        return undefined;
      }),
    );
    await user.click(await laterButton("Verstuur naar 1 persoon"));
    await user.keyboard("{Escape}");
    expect(screen.getByRole("dialog")).toBeVisible();
    act(answer);
    await screen.findByText("De mail “Dag” gaat naar 1 persoon.");
  });

  it("keeps the draft of each account to itself", async () => {
    serve();
    const { user, unmount } = show();
    await put(user, "Onderwerp", "Geheim");
    unmount();
    const other = show({ account: 1 });
    expect(await textbox("Onderwerp")).toHaveValue("");
    other.unmount();
    show();
    expect(await textbox("Onderwerp")).toHaveValue("Geheim");
    await user.click(button("Opnieuw beginnen"));
    await user.click(await laterButton("Mail weggooien"));
    expect(await textbox("Onderwerp")).toHaveValue("");
    expect(localStorage.length).toBe(0);
  });

  it("says when the device cannot keep it", async () => {
    serve();
    const { user } = show();
    const subject = await textbox("Onderwerp");
    const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new Error("full");
    });
    await user.type(subject, "x");
    full.mockRestore();
    expect(await screen.findByText(/kan de mail niet bewaren/)).toBeVisible();
  });

  it("ignores a draft of another shape", async () => {
    localStorage.setItem("trottoir.mail-draft.2", JSON.stringify({ key: "x", people: 3 }));
    serve();
    show();
    expect(await textbox("Onderwerp")).toHaveValue("");
  });
});

describe("what is wrong with a mail", () => {
  it("is told at its field before anything is asked: nobody, no subject, no text", async () => {
    const { asked } = serve();
    const { user } = show();
    await textbox("Onderwerp");
    await user.click(review());
    expect(await textbox("Mensen")).toBeInvalid();
    await put(user, "Andere adressen", "a@example.org");
    await user.click(review());
    expect(await textbox("Onderwerp")).toBeInvalid();
    await put(user, "Onderwerp", "Dag");
    await user.click(review());
    expect(await textbox("Tekst")).toBeInvalid();
    expect(asked).not.toHaveBeenCalled();
  });

  it.each([
    [
      { field: "addresses", reason: "malformed", rows: [{ index: 1, reason: "malformed" }] },
      "Andere adressen",
      /^Dit zijn geen e-mailadressen: niemand/,
    ],
    [
      { field: "addresses", reason: "no_value", rows: [{ index: 0, reason: "no_value" }] },
      "Andere adressen",
      /van deze adressen kent niemand de naam: a@example.org/,
    ],
    [{ field: "cc", reason: "too_many_receivers" }, "Kopie aan", /meer dan 200/],
    [
      { field: "body", reason: "unknown_variable" },
      "Tekst",
      /De variabele \{\{naam\}\} bestaat niet/,
    ],
    [{ field: "subject", reason: "malformed" }, "Onderwerp", /lezen/],
  ])("is told at its field: %j", async (details, field, sentence) => {
    serve();
    const { user } = show();
    await put(user, "Andere adressen", "a@example.org niemand");
    await put(user, "Onderwerp", "Dag");
    await put(user, "Tekst", "Dag {{naam}}");
    refuse("/mail/receivers", details);
    await user.click(review());
    await waitFor(async () => expect(await textbox(field)).toBeInvalid());
    expect(await textbox(field)).toHaveAccessibleDescription(sentence);
    await put(user, "Onderwerp", "!");
    expect(await textbox(field)).not.toBeInvalid();
  });

  it("asks about which building it is", async () => {
    serve();
    const { user } = show();
    await write(user);
    refuse("/mail/receivers", { field: "body", reason: "no_value" });
    await user.click(review());
    await waitFor(async () => expect(await textbox("Over gebouw")).toBeInvalid());
  });

  it("is that nobody can get it, or that it was too much for now", async () => {
    serve();
    const { user } = show();
    await write(user);
    refuse("/mail/receivers", { reason: "no_receiver" }, "failed_precondition");
    await user.click(review());
    expect(await screen.findByText("Geen van deze mensen kan mail krijgen.")).toBeVisible();
    refuse("/mail/send", { reason: "rate_limited", retry_after: 120 }, "resource_exhausted", 429);
    await user.click(button("Stuur mij een test"));
    expect(await screen.findByText(/2 minuten/)).toBeVisible();
  });

  it("is that this installation sends none: it is said, and nothing can be sent", async () => {
    serve({ configured: false });
    const { user } = show();
    expect(await screen.findByText(/SMTP_HOST en SMTP_PORT/)).toBeVisible();
    await write(user);
    expect(screen.queryByRole("button", { name: "Stuur mij een test" })).not.toBeInTheDocument();
    await user.click(review());
    expect((await laterButton("Verstuur naar 1 persoon")).closest("button")).toBeDisabled();
  });
});

describe("what a mail starts from", () => {
  it("is a person and a building that a link names, once", async () => {
    const { asked } = serve();
    const { user } = show({ added: { user: 3, building: 100 } });
    expect(await screen.findByText("Lotte De Smet")).toBeVisible();
    expect(await textbox("Over gebouw")).toHaveValue("Overpoortstraat 47");
    await put(user, "Onderwerp", "Dag");
    await put(user, "Tekst", "x");
    await user.click(review());
    await screen.findByRole("dialog");
    expect(asked).toHaveBeenLastCalledWith(
      expect.objectContaining({ user_ids: [3], building_ids: [], about_building_id: 100 }),
    );
  });

  it("is somebody and a template at once", async () => {
    serve();
    show({ added: { user: 3, template: 5 } });
    expect(await screen.findByText("Lotte De Smet")).toBeVisible();
    expect(await textbox("Onderwerp")).toHaveValue("Sleutels van {{building}}");
  });

  it("says when what a link names is gone", async () => {
    serve();
    server.use(
      http.get(at("/users/3"), () =>
        HttpResponse.json({ code: "not_found", message: "" }, { status: 404 }),
      ),
    );
    show({ added: { user: 3 } });
    expect(await screen.findByText("Dit bestaat niet (meer).")).toBeVisible();
  });

  it("is a template, which replaces a text of one's own only after a question", async () => {
    serve();
    const { user } = show();
    const choose = async () => {
      await user.click(await textbox("Begin met een sjabloon"));
      await user.click(
        await screen.findByText("Sleutels", { selector: "[role=option] *, [role=option]" }),
      );
    };
    await choose();
    expect(await textbox("Onderwerp")).toHaveValue("Sleutels van {{building}}");
    await choose(); // nothing of one's own is lost
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    await put(user, "Tekst", " en nog iets");
    await choose();
    await screen.findByRole("dialog", { name: "Tekst vervangen door Sleutels?" });
    await user.click(button("Annuleren"));
    expect(await textbox("Tekst")).toHaveValue("Dag {{first_name}}, en nog iets");
    await choose();
    await user.click(await laterButton("Tekst vervangen"));
    expect(await textbox("Tekst")).toHaveValue("Dag {{first_name}},");
  });
});

describe("photos of a visit", () => {
  const pictures = [makePicture("p1", "arrival"), makePicture("p2", "inside")];

  function servePhotos(bytes: number) {
    server.use(
      http.get(at("/buildings/100/visits"), () =>
        HttpResponse.json({
          items: [
            {
              run_id: 12,
              date: "2026-11-24",
              tour: { id: 1, name: "Centrum-Noord" },
              worker: { id: 3, first_name: "Lotte", last_name: "De Smet", phone: "" },
              visit: {
                run_id: 12,
                building_id: 100,
                outcome: "done",
                reason: "",
                steps: [],
                pictures,
                remarks: [],
              },
            },
          ],
          next_cursor: "",
        }),
      ),
      http.get(at("/pictures/:id/1600"), () => HttpResponse.arrayBuffer(new ArrayBuffer(bytes))),
    );
  }

  async function choosePhotos(user: ReturnType<typeof userEvent.setup>) {
    await user.click(await laterButton("Foto's kiezen"));
    const dialog = within(await screen.findByRole("dialog", { name: "Foto's kiezen" }));
    const visit = within(await dialog.findByRole("region", { name: /Centrum-Noord · Lotte/ }));
    for (const photo of visit.getAllByRole("button")) {
      await user.click(photo);
      expect(photo).toHaveAttribute("aria-pressed", "true");
    }
    expect(dialog.getByText("2 van hoogstens 20 gekozen")).toBeVisible();
    await user.click(button("Klaar"));
  }

  it("go with the mail, their size beside what there may be", async () => {
    const { asked } = serve();
    servePhotos(1024 * 1024);
    const { user } = show({ added: { building: 100 } });
    await screen.findAllByText("Overpoortstraat 47");
    await choosePhotos(user);
    expect(await screen.findByText("2 foto's, 2 MB van hoogstens 10 MB.")).toBeVisible();
    const [remove] = screen.getAllByRole("button", { name: /^Haal weg/ });
    await user.click(remove as HTMLElement);
    expect(await screen.findByText("1 foto, 1 MB van hoogstens 10 MB.")).toBeVisible();
    await put(user, "Onderwerp", "Dag");
    await put(user, "Tekst", "x");
    await user.click(review());
    expect(await screen.findByText("Met 1 foto als bijlage.")).toBeVisible();
    const dialog = within(screen.getByRole("dialog"));
    expect(dialog.getAllByRole("img", { name: /^Overpoortstraat 47, / })).toHaveLength(1);
    expect(asked).toHaveBeenLastCalledWith(expect.objectContaining({ picture_ids: ["p2"] }));
  });

  it("of more than 10 MB are too much", async () => {
    serve();
    servePhotos(6 * 1024 * 1024);
    const { user } = show({ added: { building: 100 } });
    await screen.findAllByText("Overpoortstraat 47");
    await choosePhotos(user);
    expect(await screen.findByText(/Dat is meer dan 10 MB/)).toBeVisible();
  });
});

describe("a test", () => {
  it("goes to who writes it and to nobody else, about a building that the text names", async () => {
    const { sent } = serve();
    const { user } = show({ added: { building: 100 } });
    await screen.findAllByText("Overpoortstraat 47");
    await put(user, "Kopie aan", "an@example.org");
    await put(user, "Onderwerp", "Dag");
    await put(user, "Tekst", "{{building}}");
    await user.click(button("Stuur mij een test"));
    expect(
      await screen.findByText("De test is onderweg naar office@trottoir.example."),
    ).toBeVisible();
    expect(sent).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        user_ids: [2],
        building_ids: [],
        addresses: [],
        cc: [],
        about_building_id: 100,
      }),
    );
    expect(await textbox("Onderwerp")).toHaveValue("Dag");
  });
});
