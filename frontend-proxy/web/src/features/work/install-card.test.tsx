import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { renderPage } from "@/testing/render";
import { InstallCard } from "./install-card";

describe("the offer to install", () => {
  afterEach(() => {
    localStorage.clear();
    Reflect.deleteProperty(navigator, "standalone");
  });

  it("is made when the browser can, and asks once", async () => {
    renderPage(
      <div>
        page
        <InstallCard />
      </div>,
    );
    await screen.findByText("page");
    expect(screen.queryByRole("region")).toBeNull();
    const prompt = vi.fn(async () => ({ outcome: "accepted" }));
    const event = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt });
    act(() => void window.dispatchEvent(event));
    expect(event.defaultPrevented, "the browser's own banner stays away").toBe(true);
    await userEvent.click(screen.getByRole("button", { name: "Op het startscherm zetten" }));
    expect(prompt).toHaveBeenCalledOnce();
    expect(screen.queryByRole("region")).toBeNull();
  });

  it("tells how it is done by hand, and is not made again when it was left", async () => {
    Object.assign(navigator, { standalone: false });
    const { unmount } = renderPage(<InstallCard />);
    expect(await screen.findByText(/Zet op beginscherm/)).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Niet nu" }));
    expect(screen.queryByRole("region")).toBeNull();
    unmount();
    renderPage(
      <div>
        page
        <InstallCard />
      </div>,
    );
    await screen.findByText("page");
    expect(screen.queryByRole("region")).toBeNull();
  });
});
