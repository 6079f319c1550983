import { describe, expect, it } from "vitest";
import { pageFor, readNotification } from "./notifications";

describe("a pushed notification", () => {
  const whole = {
    title: "Je planning",
    body: "Centrum",
    tag: "run-1",
    url: "/work/1",
    language: "nl",
  };

  it("is read", () => {
    expect(readNotification(JSON.stringify(whole))).toEqual(whole);
    expect(readNotification('{"title":"a","url":"/work"}')).toEqual({
      title: "a",
      body: "",
      tag: "",
      url: "/work",
      language: "",
    });
  });

  it.each([
    undefined,
    "",
    "no json",
    "null",
    "{}",
    '{"title":"a","url":"https://elsewhere.example/"}',
  ])("is nothing as %j", (text) => {
    expect(readNotification(text)).toBeUndefined();
  });
});

describe("the page that shows it", () => {
  const at = (path: string) => ({ url: `https://trottoir.example${path}` });

  it("is the one that is there already", () => {
    const pages = [at("/work"), at("/work/12?stop=3")];
    expect(pageFor("/work/12", pages)).toBe(pages[1]);
  });

  it("is never a run that somebody is doing", () => {
    expect(pageFor("/work/12", [at("/work/7")])).toBeUndefined();
    const pages = [at("/work/7?stop=1"), at("/profile")];
    expect(pageFor("/work/12", pages)).toBe(pages[1]);
  });
});
