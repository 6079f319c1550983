import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { renderPage } from "@/testing/render";
import { switchShortcuts, useShortcut } from "./shortcuts";
import { ConfirmDialog } from "./ui/confirm-dialog";

const action = vi.fn();

function Page({ dialog = false }: { dialog?: boolean }) {
  useShortcut("n", action);
  return (
    <>
      <label>
        Naam <input />
      </label>
      {dialog && (
        <ConfirmDialog
          title="Zeker?"
          text=""
          confirm="Ja"
          onConfirm={() => undefined}
          onClose={() => undefined}
        />
      )}
    </>
  );
}

describe("a single key", () => {
  beforeEach(() => {
    action.mockReset();
    switchShortcuts(true);
  });

  it("acts on the page, not in a field and not with a modifier", async () => {
    renderPage(<Page />);
    const user = userEvent.setup();
    const field = await screen.findByLabelText("Naam");
    await user.type(field, "noor");
    await user.tab();
    await user.keyboard("{Control>}n{/Control}");
    expect(action).not.toHaveBeenCalled();
    await user.keyboard("n");
    expect(action).toHaveBeenCalledTimes(1);
  });

  it("does nothing while a dialog is open", async () => {
    renderPage(<Page dialog />);
    const user = userEvent.setup();
    await screen.findByRole("dialog");
    await user.keyboard("n");
    expect(action).not.toHaveBeenCalled();
  });

  it("can be switched off", async () => {
    renderPage(<Page />);
    await screen.findByLabelText("Naam");
    switchShortcuts(false);
    await userEvent.setup().keyboard("n");
    expect(action).not.toHaveBeenCalled();
  });
});
