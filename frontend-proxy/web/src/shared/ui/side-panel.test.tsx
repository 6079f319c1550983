import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { renderPage } from "@/testing/render";
import { ConfirmDialog } from "./confirm-dialog";
import { SidePanel } from "./side-panel";

function Page({ onClose }: { onClose: () => void }) {
  const [asking, setAsking] = useState(false);
  return (
    <SidePanel title="Rit" onClose={onClose}>
      <button type="button" onClick={() => setAsking(true)}>
        Annuleer
      </button>
      {asking && (
        <ConfirmDialog
          title="Zeker?"
          text=""
          confirm="Ja"
          onConfirm={() => undefined}
          onClose={() => setAsking(false)}
        />
      )}
    </SidePanel>
  );
}

it("closes only the upper one of two with Esc, and gives the focus back", async () => {
  const onClose = vi.fn();
  renderPage(<Page onClose={onClose} />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Annuleer" }));
  await screen.findByRole("dialog");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(onClose).not.toHaveBeenCalled();
  await waitFor(() => expect(screen.getByRole("button", { name: "Annuleer" })).toHaveFocus());
  await user.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledTimes(1);
});
