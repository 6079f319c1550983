import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { ResetPasswordPage } from "./reset-password-page";

const good = () =>
  HttpResponse.json({ email: "e•••@trottoir.example", expires_at: "2026-12-01T09:00:00Z" });

const refusal = (reason: string, field?: string) => () =>
  HttpResponse.json(
    { code: "failed_precondition", message: "", details: { reason, field } },
    { status: 400 },
  );

function show(link: () => Response, answer: () => Response = () => HttpResponse.error()) {
  const sent = vi.fn();
  server.use(
    http.post(at("/auth/reset-token"), link),
    http.post(at("/auth/reset-password"), async ({ request }) => {
      sent(await request.json());
      return answer();
    }),
  );
  renderPage(<ResetPasswordPage token="a-token" />);
  return { user: userEvent.setup(), sent };
}

async function choose(user: ReturnType<typeof userEvent.setup>, password: string) {
  await user.type(await screen.findByLabelText("Nieuw wachtwoord"), password);
  await user.click(screen.getByRole("button", { name: "Bewaar wachtwoord" }));
}

describe("choosing a new password", () => {
  it("says whose it is, sends the choice, and tells how many devices were signed out", async () => {
    const { user, sent } = show(good, () => HttpResponse.json({ sessions_ended: 2 }));
    expect(await screen.findByLabelText("E-mailadres")).toHaveValue("e•••@trottoir.example");
    await choose(user, "regen op de stoep");
    expect(await screen.findByText(/2 toestellen zijn afgemeld/)).toBeVisible();
    expect(sent).toHaveBeenCalledWith({ token: "a-token", password: "regen op de stoep" });
    expect(screen.getByRole("link", { name: "Naar aanmelden" })).toHaveAttribute(
      "href",
      "/sign-in",
    );
  });

  it("sends nothing that is too short", async () => {
    const { user, sent } = show(good);
    await choose(user, "kort");
    expect(await screen.findByText("Neem minstens 10 tekens")).toBeVisible();
    expect(sent).not.toHaveBeenCalled();
  });

  it("shows at the field that a password is easy to guess", async () => {
    const { user } = show(good, refusal("guessable", "password"));
    await choose(user, "wachtwoord1");
    expect(
      await screen.findByText("Dit wachtwoord is makkelijk te raden. Kies een ander."),
    ).toBeVisible();
    expect(screen.getByLabelText("Nieuw wachtwoord")).toHaveAttribute("aria-invalid", "true");
  });

  it.each([
    ["missing", "Deze link werkt niet"],
    ["link_used", "Deze link is al gebruikt"],
    ["link_expired", "Deze link is verlopen"],
  ])("says what is wrong with a link: %s", async (reason, title) => {
    show(refusal(reason));
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
    expect(screen.getByRole("link", { name: "Vraag een nieuwe link" })).toHaveAttribute(
      "href",
      "/forgot-password",
    );
  });

  it("says so when the link was used while the form was open", async () => {
    let used = false;
    const { user } = show(
      () => (used ? refusal("link_used")() : good()),
      () => {
        used = true;
        return refusal("link_used")();
      },
    );
    await choose(user, "regen op de stoep");
    expect(await screen.findByRole("heading", { name: "Deze link is al gebruikt" })).toBeVisible();
    // By oneself, when the answer was lost on the way.
    expect(screen.getByRole("link", { name: "Naar aanmelden" })).toHaveAttribute(
      "href",
      "/sign-in",
    );
  });
});
