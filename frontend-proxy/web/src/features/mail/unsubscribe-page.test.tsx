import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { UnsubscribePage } from "./unsubscribe-page";

const refusal = (status: number, code: string, details: object = {}) =>
  HttpResponse.json({ code, message: "", details }, { status });

function show(
  token: string,
  answer: () => Response = () => HttpResponse.json({ kind: "reminder" }),
) {
  const sent = vi.fn();
  server.use(
    http.post(at("/mail/unsubscribe/:token"), ({ params }) => {
      sent(params.token);
      return answer();
    }),
  );
  renderPage(<UnsubscribePage token={token} />);
  return { user: userEvent.setup(), sent };
}

const stop = () => screen.findByRole("button", { name: "Stop deze mails" });

describe("no more mail of a kind", () => {
  it("says which, waits for a person, and then says that it is so", async () => {
    const { user, sent } = show("12.reminder.a-_Z");
    expect(await screen.findByText(/Herinnering aan morgen/)).toBeVisible();
    expect(sent).not.toHaveBeenCalled();
    await user.click(await stop());
    expect(
      await screen.findByRole("heading", { name: "Deze mails krijg je niet meer" }),
    ).toBeVisible();
    expect(sent).toHaveBeenCalledExactlyOnceWith("12.reminder.a-_Z");
    expect(screen.getByRole("link", { name: "Kies welke mail je krijgt" })).toHaveAttribute(
      "href",
      "/profile?tab=mail",
    );
  });

  it.each(["", "12", "12.invitation.abc", "half a link"])(
    "asks nothing for a link that names no kind: %j",
    async (token) => {
      show(token);
      expect(await screen.findByRole("heading", { name: "Deze link werkt niet" })).toBeVisible();
      expect(screen.queryByRole("button", { name: "Stop deze mails" })).not.toBeInTheDocument();
    },
  );

  it("says that a link is not one of ours", async () => {
    const { user } = show("12.reminder.forged", () => refusal(404, "not_found"));
    await user.click(await stop());
    expect(await screen.findByRole("heading", { name: "Deze link werkt niet" })).toBeVisible();
  });

  it("can be tried again after a failure that passes", async () => {
    let down = true;
    const { user } = show("12.runs.x", () =>
      down ? refusal(503, "unavailable") : HttpResponse.json({ kind: "runs" }),
    );
    await user.click(await stop());
    expect(await screen.findByRole("alert")).toHaveTextContent("even niet bereikbaar");
    down = false;
    await user.click(await stop());
    expect(
      await screen.findByRole("heading", { name: "Deze mails krijg je niet meer" }),
    ).toBeVisible();
  });

  it("says how long to wait after too many attempts", async () => {
    const { user } = show("12.stops.x", () =>
      refusal(429, "resource_exhausted", { reason: "rate_limited", retry_after: 60 }),
    );
    await user.click(await stop());
    expect(await screen.findByRole("alert")).toHaveTextContent("1 minuut");
  });
});
