import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { makeAccount } from "@/shared/testing/data";
import { renderPage } from "@/testing/render";
import { SecondFactorSetupPage } from "./second-factor-setup-page";

describe("codes that are required before anything else", () => {
  it("are set up here, or one signs out", async () => {
    const mutate = vi.fn();
    renderPage(
      <SecondFactorSetupPage
        me={makeAccount({ second_factor_required: true })}
        onDone={() => undefined}
        leave={{ mutate, error: null }}
      />,
    );
    expect(await screen.findByRole("heading", { name: "Codes om je aan te melden" })).toBeVisible();
    expect(screen.getByLabelText("Je wachtwoord")).toBeVisible();
    await userEvent.setup().click(screen.getByRole("button", { name: "Afmelden" }));
    expect(mutate).toHaveBeenCalledOnce();
  });
});
