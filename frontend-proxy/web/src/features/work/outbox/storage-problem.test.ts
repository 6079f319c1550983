import { describe, expect, it } from "vitest";
import { storageProblemOf } from "./storage-problem";

const wrapped = (cause: unknown, key: "inner" | "cause") =>
  Object.assign(new Error("the transaction was aborted"), { [key]: cause });

describe("storageProblemOf", () => {
  const full = Object.assign(new Error(""), { name: "QuotaExceededError" });

  it("finds a full device under what wraps it", () => {
    expect(storageProblemOf(full)).toBe("full");
    expect(storageProblemOf(wrapped(full, "inner"))).toBe("full");
    expect(storageProblemOf(wrapped(wrapped(full, "cause"), "inner"))).toBe("full");
    expect(storageProblemOf(new Error("Quota exceeded"))).toBe("full");
  });

  it("takes everything else for a database that was lost", () => {
    for (const error of [wrapped(new Error("gone"), "inner"), "gone", undefined]) {
      expect(storageProblemOf(error)).toBe("closed");
    }
    const circle = new Error("round and round");
    Object.assign(circle, { inner: circle });
    expect(storageProblemOf(circle)).toBe("closed");
  });
});
