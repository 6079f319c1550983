import { act, render, screen } from "@testing-library/react";
import { Component, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { lazyPart, NotLoaded } from "./lazy-part";

class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    return this.state.error instanceof NotLoaded ? "not loaded" : this.props.children;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("says that a part has not come instead of asking without end, and asks again later", async () => {
  const load = vi.fn<() => Promise<() => ReactNode>>();
  load.mockRejectedValueOnce(new TypeError("no network"));
  load.mockResolvedValueOnce(() => "the part");
  const Part = lazyPart(load);
  const show = () =>
    act(async () => {
      render(
        <Boundary key={load.mock.calls.length}>
          <Part />
        </Boundary>,
      );
    });
  await show();
  expect(screen.getByText("not loaded")).toBeInTheDocument();
  expect(load).toHaveBeenCalledTimes(1);

  vi.advanceTimersByTime(1_000);
  document.body.innerHTML = "";
  await show();
  expect(screen.getByText("the part")).toBeInTheDocument();
  expect(load).toHaveBeenCalledTimes(2);
});
