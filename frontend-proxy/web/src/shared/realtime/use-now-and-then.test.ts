import { renderHook } from "@testing-library/react";
import { createElement, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeTestLive } from "../testing/live";
import { LiveContext } from "./live-context";
import { pause, useNowAndThen } from "./use-now-and-then";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The action of somebody who listens. */
function listen(action: () => void) {
  const { live } = makeTestLive();
  live.subscribe("runs", { onEvent: () => undefined, onGap: () => undefined });
  const wrapper = ({ children }: { children: ReactNode }) =>
    createElement(LiveContext, { value: live }, children);
  return { live, ...renderHook(() => useNowAndThen(action), { wrapper }) };
}

it("acts at once, and once more for all that comes in the moment after", () => {
  const action = vi.fn();
  const { result } = listen(action);
  result.current();
  expect(action).toHaveBeenCalledTimes(1);
  for (let event = 0; event < 500; event++) {
    result.current();
  }
  expect(action).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(pause);
  expect(action).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(10 * pause);
  expect(action).toHaveBeenCalledTimes(2);
  result.current();
  expect(action).toHaveBeenCalledTimes(3);
});

it("goes on while events come, and not when nobody looks any more", () => {
  const action = vi.fn();
  const { result, unmount } = listen(action);
  for (let moment = 0; moment < 50; moment++) {
    result.current();
    vi.advanceTimersByTime(pause / 10);
  }
  expect(action.mock.calls.length).toBeGreaterThanOrEqual(5);
  expect(action.mock.calls.length).toBeLessThanOrEqual(6);
  result.current();
  const before = action.mock.calls.length;
  unmount();
  vi.advanceTimersByTime(10 * pause);
  expect(action).toHaveBeenCalledTimes(before);
});

it("does not do what was put off when somebody has signed out meanwhile", () => {
  const action = vi.fn();
  const { live, result } = listen(action);
  result.current();
  result.current();
  live.close();
  vi.advanceTimersByTime(10 * pause);
  expect(action).toHaveBeenCalledTimes(1);

  live.reopen();
  result.current();
  expect(action).toHaveBeenCalledTimes(2);
});
