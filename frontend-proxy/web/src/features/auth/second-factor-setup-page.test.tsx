import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { makeAccount } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { SecondFactorSetupPage } from "./second-factor-setup-page";

describe("codes that are required before anything else", () => {
  it("are set up here, or one signs out", async () => {
    server.use(http.post(at("/auth/sign-out"), () => HttpResponse.json({})));
    const onSignedOut = vi.fn();
    renderPage(
      <SecondFactorSetupPage
        me={makeAccount({ second_factor_required: true })}
        onDone={() => undefined}
        onSignedOut={onSignedOut}
      />,
    );
    expect(await screen.findByRole("heading", { name: "Codes om je aan te melden" })).toBeVisible();
    expect(screen.getByLabelText("Je wachtwoord")).toBeVisible();
    await userEvent.setup().click(screen.getByRole("button", { name: "Afmelden" }));
    await vi.waitFor(() => expect(onSignedOut).toHaveBeenCalledOnce());
  });
});
