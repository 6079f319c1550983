import i18next from "i18next";
import { describe, expect, it } from "vitest";
import { makeCollectionRule } from "../testing/data";
import { readRecurrence, writeRecurrence } from "./recurrence";
import { ruleSentence } from "./rule-words";

const odd = "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,47,49,51,53";
const even = "2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52";
const start = "2026-12-01";

describe("a recurrence", () => {
  it.each([
    "FREQ=WEEKLY;BYDAY=TU",
    "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH;COUNT=12",
    `FREQ=YEARLY;BYWEEKNO=${odd};BYDAY=TU`,
    `FREQ=YEARLY;BYWEEKNO=${even};BYDAY=WE,FR;UNTIL=20271231`,
    "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,1TU,-1MO,-1TU",
    "FREQ=MONTHLY;BYMONTH=1,7;BYDAY=2MO",
    "FREQ=MONTHLY;BYMONTHDAY=15,-1",
  ])("%s is written as it was read", (rrule) => {
    const read = readRecurrence(rrule, start);
    expect(read).toBeDefined();
    expect(read && writeRecurrence(read)).toBe(rrule);
  });

  it.each([
    ["FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=TU"],
    ["rrule:freq=weekly;interval=1;wkst=mo;byday=th,mo", "FREQ=WEEKLY;BYDAY=MO,TH"],
    ["FREQ=YEARLY;BYMONTH=1;BYDAY=2MO", "FREQ=MONTHLY;BYMONTH=1;BYDAY=2MO"],
    ["FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=1"],
  ])("%s means the same as %s", (rrule, same) => {
    const read = readRecurrence(rrule, start);
    expect(read && writeRecurrence(read)).toBe(same);
  });

  it.each([
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
    "FREQ=MONTHLY;BYDAY=1MO,2TU",
    "FREQ=MONTHLY;BYDAY=-2FR",
    "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
    "FREQ=MONTHLY;BYMONTHDAY=-2",
    "FREQ=YEARLY",
    "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=2MO",
    "FREQ=MONTHLY;INTERVAL=2;BYMONTH=1,2;BYDAY=2MO",
    "FREQ=YEARLY;BYWEEKNO=1,2;BYDAY=MO",
    "FREQ=YEARLY;BYMONTH=1;BYDAY=MO",
  ])("%s is left to experts, and never changed by being looked at", (rrule) => {
    expect(readRecurrence(rrule, start)).toBeUndefined();
  });
});

describe("what a rule means", () => {
  const say = async (language: string, changes: Parameters<typeof makeCollectionRule>[0]) => {
    const { loadTexts, chooseLanguage } = await import("../i18n/i18n");
    await chooseLanguage(language as "nl");
    await loadTexts(["waste"]);
    const sentence = ruleSentence(makeCollectionRule(changes), i18next.t, language);
    await chooseLanguage("nl");
    return sentence;
  };
  const oddWeeks = { rrule: `FREQ=YEARLY;BYWEEKNO=${odd};BYDAY=TU`, start_date: "2030-12-01" };

  it.each([
    ["nl", "Elke 2 weken op dinsdag, oneven weken, vanaf 1 dec 2030"],
    ["en", "Every 2 weeks on Tuesday, odd weeks, from 1 Dec 2030"],
    ["fr", "Toutes les 2 semaines le mardi, semaines impaires, à partir du 1 déc. 2030"],
  ])("is said in %s", async (language, sentence) => {
    expect(await say(language, oddWeeks)).toBe(sentence);
  });

  it("tells everything that changes the dates", async () => {
    expect(
      await say("nl", {
        rrule: "FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20301231",
        start_date: "2030-01-07",
        season_from: "04-01",
        season_to: "10-31",
        on_holidays: "next_working_day",
        held_from: "2030-07-01",
      }),
    ).toBe(
      "Elke week op maandag en donderdag, vanaf 7 jan 2030, tot en met 31 dec 2030, alleen van 1 april tot en met 31 oktober, op feestdagen de volgende werkdag, onderbroken vanaf 1 jul 2030",
    );
  });

  it("counts weekdays of the month, and shows what only experts can read", async () => {
    const from = { start_date: "2030-01-01" };
    expect(await say("nl", { ...from, rrule: "FREQ=MONTHLY;BYMONTH=1,7;BYDAY=2MO;COUNT=4" })).toBe(
      "Elk jaar in januari en juli op de tweede maandag, vanaf 1 jan 2030, 4 keer",
    );
    expect(await say("fr", { ...from, rrule: "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR" })).toBe(
      "Tous les 2 mois le dernier vendredi, à partir du 1 janv. 2030",
    );
    expect(await say("nl", { ...from, rrule: "FREQ=MONTHLY;BYMONTHDAY=15,-1" })).toBe(
      "Elke maand op de 15e en de laatste dag, vanaf 1 jan 2030",
    );
    expect(await say("en", { ...from, rrule: "FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=1" })).toContain(
      "FREQ=MONTHLY;BYDAY=MO,FR;BYSETPOS=1",
    );
  });
});
