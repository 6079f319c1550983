import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { ConfirmEmailPage } from "./confirm-email-page";

const refusal = (status: number, code: string, details: object) => () =>
  HttpResponse.json({ code, message: "", details }, { status });

function show(answer: () => Response) {
  const sent = vi.fn();
  server.use(
    http.post(at("/auth/confirm-email"), async ({ request }) => {
      sent(await request.json());
      return answer();
    }),
  );
  const onConfirmed = vi.fn();
  renderPage(<ConfirmEmailPage token="a-token" onConfirmed={onConfirmed} />);
  return { user: userEvent.setup(), sent, onConfirmed };
}

async function confirm(user: ReturnType<typeof userEvent.setup>) {
  await user.click(await screen.findByRole("button", { name: "Bevestig het adres" }));
}

describe("confirming a new e-mail address", () => {
  it("waits for a person, then says with which address one signs in", async () => {
    const { user, sent, onConfirmed } = show(() =>
      HttpResponse.json({ email: "nieuw@trottoir.example" }),
    );
    expect(await screen.findByRole("heading", { name: "Nieuw e-mailadres" })).toBeVisible();
    expect(sent).not.toHaveBeenCalled();
    await confirm(user);
    expect(await screen.findByText(/nieuw@trottoir\.example/)).toBeVisible();
    expect(sent).toHaveBeenCalledWith({ token: "a-token" });
    expect(onConfirmed).toHaveBeenCalledOnce();
  });

  it.each([
    ["missing", "Deze link werkt niet"],
    ["link_used", "Deze link is al gebruikt"],
    ["link_expired", "Deze link is verlopen"],
    ["account_exists", "Dit adres is al in gebruik"],
  ])("says what is wrong with a link: %s", async (reason, title) => {
    const { user } = show(refusal(400, "failed_precondition", { reason }));
    await confirm(user);
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
    expect(screen.getByRole("link", { name: "Naar Trottoir" })).toHaveAttribute("href", "/");
  });

  it("can be tried again after a failure that passes", async () => {
    let down = true;
    const { user } = show(() =>
      down
        ? refusal(503, "unavailable", {})()
        : HttpResponse.json({ email: "nieuw@trottoir.example" }),
    );
    await confirm(user);
    expect(await screen.findByRole("alert")).toHaveTextContent("even niet bereikbaar");
    down = false;
    await confirm(user);
    expect(
      await screen.findByRole("heading", { name: "Je e-mailadres is veranderd" }),
    ).toBeVisible();
  });
});
