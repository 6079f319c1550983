import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { SignInPage } from "./sign-in-page";

async function signIn(answer: () => Response) {
  server.use(http.post(at("/auth/sign-in"), answer));
  const onSignedIn = vi.fn();
  renderPage(<SignInPage ended={false} onSignedIn={onSignedIn} />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("E-mailadres"), " lotte@trottoir.example ");
  await user.type(screen.getByLabelText("Wachtwoord"), "geheim");
  await user.click(screen.getByRole("button", { name: "Meld je aan" }));
  return { user, onSignedIn };
}

const refusal = (status: number, code: string, details: object) => () =>
  HttpResponse.json({ code, message: "", details }, { status });

describe("sign-in", () => {
  it("hands over the account", async () => {
    const { onSignedIn } = await signIn(() => HttpResponse.json({ account: { id: 3 } }));
    await vi.waitFor(() => expect(onSignedIn.mock.calls[0]?.[0]).toEqual({ id: 3 }));
  });

  it("says that address and password do not match", async () => {
    await signIn(refusal(401, "unauthenticated", { reason: "wrong_credentials" }));
    expect(await screen.findByRole("alert")).toHaveTextContent(/horen niet bij elkaar/);
  });

  it("says how long to wait after too many attempts", async () => {
    await signIn(refusal(429, "resource_exhausted", { reason: "rate_limited", retry_after: 240 }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Wacht 4 minuten");
  });

  it.each([
    ["en", "EN, English", "Sign in"],
    ["fr", "FR, Français", "Connexion"],
  ])("speaks the chosen language, %s", async (language, choice, title) => {
    renderPage(<SignInPage ended={false} onSignedIn={() => undefined} />);
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: choice }));
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
    expect(document.documentElement.lang).toBe(language);
    await user.click(screen.getByRole("button", { name: "NL, Nederlands" }));
  });
});
