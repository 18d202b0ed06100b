/** Times, days and lengths in words. */
import { describe, expect, it } from "vitest";
import { fill, isDay, movedDay, tellClock, tellLength, tellMonth, tellPercent, tellZone, today } from "../src/day/moments";

process.env.TZ = "Asia/Shanghai";

describe("a length", () => {
  it.each([
    [0, "0 s", "0 秒"], [59, "59 s", "59 秒"], [60, "1 min", "1 分钟"], [95, "1 min 35 s", "1 分 35 秒"],
    [600, "10 min", "10 分钟"], [3599, "1 h 00 min", "1 小时 00 分"], [26_575, "7 h 23 min", "7 小时 23 分"],
  ])("of %i s is %s", (length_s, en, zh) => {
    expect([tellLength(length_s, "en"), tellLength(length_s, "zh")]).toEqual([en, zh]);
  });
});

describe("a day", () => {
  it("is moved over months and leap days", () => {
    expect([movedDay("2026-11-30", 1), movedDay("2026-01-01", -1), movedDay("2028-02-28", 1)]).toEqual(["2026-12-01", "2025-12-31", "2028-02-29"]);
  });
  it("is one that there is", () => {
    expect(["2026-11-22", "2026-02-30", "2026-13-01", "today", ""].map(isDay)).toEqual([true, false, false, false, false]);
  });
  it("of today is that of the clock here, not of UTC", () => {
    expect(today(new Date("2026-11-21T20:00:00Z"))).toBe("2026-11-22");
  });
});

describe("a time", () => {
  it("is of the zone here, and the zone is told", () => {
    expect(tellClock("2026-11-22T01:12:23Z", "en", true)).toBe("09:12:23");
    expect([tellZone("en"), tellZone("zh")]).toEqual(["China Standard Time", "中国标准时间"]);
  });
  it("at midnight is hour 00", () => {
    expect(tellClock("2026-11-21T16:05:00Z", "en")).toBe("00:05");
  });
  it("of months is in the language", () => {
    expect([tellMonth("2026-11", "en"), tellMonth("2026-11-01", "zh")]).toEqual(["November 2026", "2026年11月"]);
  });
});

it("a part is in percent", () => expect(tellPercent(0.967, "en")).toBe("97%"));
it("a text is filled, and what is not given stays seen", () => expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}"));
