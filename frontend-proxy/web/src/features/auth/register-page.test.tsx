import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { makeAccount } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { RegisterPage } from "./register-page";

const invited = () =>
  HttpResponse.json({
    email: "emma@trottoir.example",
    role: "student",
    expires_at: "2026-12-01T09:00:00Z",
  });

const refusal =
  (status: number, reason: string, more: object = {}) =>
  () =>
    HttpResponse.json(
      { code: "failed_precondition", message: "", details: { reason, ...more } },
      { status },
    );

function show(invitation: () => Response, registered?: (body: unknown) => Response) {
  server.use(
    http.post(at("/auth/invitation"), invitation),
    http.post(at("/auth/register"), async ({ request }) =>
      registered === undefined ? HttpResponse.error() : registered(await request.json()),
    ),
  );
  const onRegistered = vi.fn();
  const onSignIn = vi.fn();
  renderPage(<RegisterPage token="a-token" onRegistered={onRegistered} onSignIn={onSignIn} />);
  return { user: userEvent.setup(), onRegistered, onSignIn };
}

async function fillIn(user: ReturnType<typeof userEvent.setup>) {
  await user.type(await screen.findByLabelText("Voornaam"), " Emma ");
  await user.type(screen.getByLabelText("Familienaam"), "Peeters");
  await user.type(screen.getByLabelText(/^Telefoon/), "0470/12.34.56");
  await user.type(screen.getByLabelText("Wachtwoord"), "regen op de stoep");
  await user.click(screen.getByRole("button", { name: "Account maken" }));
}

describe("registering", () => {
  it("says who is invited as what, and hands over the account", async () => {
    const sent = vi.fn();
    const { user, onRegistered } = show(invited, (body) => {
      sent(body);
      return HttpResponse.json({ account: makeAccount({ id: 9, role: "student" }) });
    });
    expect(await screen.findByLabelText("E-mailadres")).toHaveValue("emma@trottoir.example");
    expect(screen.getByText(/Je bent uitgenodigd als student\./)).toBeVisible();
    await fillIn(user);
    await vi.waitFor(() => expect(onRegistered.mock.calls[0]?.[0]).toMatchObject({ id: 9 }));
    expect(sent).toHaveBeenCalledWith({
      token: "a-token",
      first_name: "Emma",
      last_name: "Peeters",
      phone: "+32470123456",
      password: "regen op de stoep",
      language: "nl",
    });
  });

  it("asks for what is missing before it sends, and goes to the first field", async () => {
    const { user } = show(invited);
    await user.type(await screen.findByLabelText("Wachtwoord"), "kort");
    await user.type(screen.getByLabelText(/^Telefoon/), "bel me");
    await user.click(screen.getByRole("button", { name: "Account maken" }));
    expect(screen.getByLabelText("Voornaam")).toBeInvalid();
    expect(screen.getByLabelText("Voornaam")).toHaveFocus();
    expect(screen.getByText("Neem minstens 10 tekens")).toBeVisible();
    expect(screen.getByText(/Schrijf het nummer met cijfers/)).toBeVisible();
  });

  it("shows a refused password at its field", async () => {
    const { user } = show(invited, refusal(400, "guessable", { field: "password" }));
    await fillIn(user);
    expect(await screen.findByText(/makkelijk te raden/)).toBeVisible();
    expect(screen.getByLabelText("Wachtwoord")).toBeInvalid();
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("shows the password on request", async () => {
    const { user } = show(invited);
    const password = await screen.findByLabelText("Wachtwoord");
    expect(password).toHaveAttribute("type", "password");
    await user.click(screen.getByRole("button", { name: "Wachtwoord tonen" }));
    expect(password).toHaveAttribute("type", "text");
  });

  it("says how long to wait after too many attempts", async () => {
    const { user } = show(invited, refusal(429, "rate_limited", { retry_after: 50 }));
    await fillIn(user);
    expect(await screen.findByRole("alert")).toHaveTextContent("Wacht 1 minuut");
  });

  it("says so when somebody else has used the invitation in the meantime", async () => {
    let used = false;
    const { user, onSignIn } = show(
      () => (used ? refusal(400, "invitation_used")() : invited()),
      () => {
        used = true;
        return refusal(400, "invitation_used")();
      },
    );
    await fillIn(user);
    expect(
      await screen.findByRole("heading", { name: "Deze uitnodiging is al gebruikt" }),
    ).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Naar aanmelden" }));
    expect(onSignIn).toHaveBeenCalled();
  });

  it.each([
    ["invitation_used", 400, "Deze uitnodiging is al gebruikt"],
    ["invitation_expired", 400, "Deze uitnodiging is verlopen"],
    ["missing", 404, "Deze link werkt niet"],
  ])("says what to do about a link that is no good (%s)", async (reason, status, title) => {
    show(refusal(status, reason));
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
    expect(screen.queryByLabelText("Wachtwoord")).not.toBeInTheDocument();
  });

  it("says so when the link has no token", async () => {
    renderPage(<RegisterPage token={undefined} onRegistered={vi.fn()} onSignIn={vi.fn()} />);
    expect(
      await screen.findByRole("heading", { name: "Deze link is niet volledig" }),
    ).toBeVisible();
  });
});
