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
    const { onSignedIn } = await signIn(() =>
      HttpResponse.json({ state: "active", account: { id: 3 } }),
    );
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

  describe("with a second factor", () => {
    async function signInWithCode(answer: () => Response) {
      const sent = vi.fn();
      server.use(
        http.post(at("/auth/second-factor"), async ({ request }) => {
          sent(await request.json());
          return answer();
        }),
      );
      const signedIn = await signIn(() =>
        HttpResponse.json({ state: "second_factor", account: null }),
      );
      expect(await screen.findByRole("heading", { name: "Code ingeven" })).toBeVisible();
      return { ...signedIn, sent };
    }

    const good = (used = false) =>
      HttpResponse.json({
        state: "active",
        account: { id: 3 },
        recovery_code_used: used,
        recovery_codes_left: 4,
      });

    it("asks for the code before it lets in", async () => {
      const { user, onSignedIn, sent } = await signInWithCode(() => good());
      expect(onSignedIn).not.toHaveBeenCalled();
      const code = screen.getByLabelText("Code van 6 cijfers");
      expect(code).toHaveFocus();
      expect(code).toHaveAttribute("autocomplete", "one-time-code");
      expect(code).toHaveAttribute("inputmode", "numeric");
      await user.type(code, "123 456");
      await user.click(screen.getByRole("checkbox", { name: /30 dagen geen code/ }));
      await user.click(screen.getByRole("button", { name: "Ga verder" }));
      await vi.waitFor(() => expect(onSignedIn).toHaveBeenCalledWith({ id: 3 }));
      expect(sent).toHaveBeenCalledWith({ code: "123 456", remember_device: true });
    });

    it("sends nothing that can be no code", async () => {
      const { user, sent } = await signInWithCode(() => good());
      await user.type(screen.getByLabelText("Code van 6 cijfers"), "12{Enter}");
      expect(await screen.findByText("Een code heeft 6 cijfers")).toBeVisible();
      expect(sent).not.toHaveBeenCalled();
    });

    it("says at the field that a code is wrong, and leads back to it", async () => {
      const { user } = await signInWithCode(
        refusal(400, "invalid_argument", { field: "code", reason: "wrong_code" }),
      );
      await user.type(screen.getByLabelText("Code van 6 cijfers"), "123456{Enter}");
      expect(await screen.findByText(/Deze code klopt niet/)).toBeVisible();
      await vi.waitFor(() => expect(screen.getByLabelText("Code van 6 cijfers")).toHaveFocus());
    });

    it("says how long to wait after too many codes", async () => {
      const { user } = await signInWithCode(
        refusal(429, "resource_exhausted", { reason: "rate_limited", retry_after: 600 }),
      );
      await user.type(screen.getByLabelText("Code van 6 cijfers"), "123456{Enter}");
      expect(await screen.findByRole("alert")).toHaveTextContent("Wacht 10 minuten");
    });

    it("goes back to the password when the time is up, with the address but without the password", async () => {
      const { user } = await signInWithCode(
        refusal(401, "unauthenticated", { reason: "signed_out" }),
      );
      await user.type(screen.getByLabelText("Code van 6 cijfers"), "123456{Enter}");
      expect(await screen.findByText("De code kwam te laat. Meld je opnieuw aan.")).toBeVisible();
      expect(screen.getByLabelText("E-mailadres")).toHaveValue("lotte@trottoir.example");
      expect(screen.getByLabelText("Wachtwoord")).toHaveValue("");
    });

    it("takes a recovery code, and tells how many are left", async () => {
      const { user, onSignedIn, sent } = await signInWithCode(() => good(true));
      await user.click(screen.getByRole("button", { name: /Gebruik een herstelcode/i }));
      expect(screen.getByLabelText("Herstelcode")).toHaveFocus();
      await user.type(screen.getByLabelText("Herstelcode"), "abcd-efgh-ijkl-mnop{Enter}");
      expect(await screen.findByText(/nog 4 herstelcodes/)).toBeVisible();
      expect(sent).toHaveBeenCalledWith({ code: "abcd-efgh-ijkl-mnop", remember_device: false });
      await user.click(screen.getByRole("button", { name: "Ga verder" }));
      expect(onSignedIn).toHaveBeenCalledWith({ id: 3 });
    });
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
