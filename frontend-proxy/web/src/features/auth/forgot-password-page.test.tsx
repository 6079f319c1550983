import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { ForgotPasswordPage } from "./forgot-password-page";

async function ask(email: string, answer: () => Response) {
  const sent = vi.fn();
  server.use(
    http.post(at("/auth/forgot-password"), async ({ request }) => {
      sent(await request.json());
      return answer();
    }),
  );
  renderPage(<ForgotPasswordPage />);
  const user = userEvent.setup();
  if (email !== "") {
    await user.type(await screen.findByLabelText("E-mailadres"), email);
  }
  await user.click(await screen.findByRole("button", { name: "Stuur de mail" }));
  return { user, sent };
}

describe("a forgotten password", () => {
  it("asks for the mail, and says the same whoever has the address", async () => {
    const { user, sent } = await ask(" emma@trottoir.example ", () => HttpResponse.json({}));
    expect(
      await screen.findByText(/Als emma@trottoir.example bij een account hoort/),
    ).toBeVisible();
    expect(sent).toHaveBeenCalledWith({ email: "emma@trottoir.example" });
    await user.click(screen.getByRole("button", { name: /nog een mail/ }));
    expect(await screen.findByLabelText("E-mailadres")).toBeVisible();
  });

  it("asks for an address before it sends", async () => {
    const { sent } = await ask("", () => HttpResponse.json({}));
    expect(await screen.findByText("Vul je e-mailadres in")).toBeVisible();
    expect(screen.getByLabelText("E-mailadres")).toHaveFocus();
    expect(sent).not.toHaveBeenCalled();
  });

  it("says how long to wait after too many", async () => {
    await ask("emma@trottoir.example", () =>
      HttpResponse.json(
        {
          code: "resource_exhausted",
          message: "",
          details: { reason: "rate_limited", retry_after: 720 },
        },
        { status: 429 },
      ),
    );
    expect(await screen.findByRole("alert")).toHaveTextContent("Wacht 12 minuten");
  });
});
