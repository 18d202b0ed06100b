/** What is asked for tables of results, and in which order they come. */
import { describe, expect, it } from "vitest";
import { daysOf, firstWanted, isExcused, monthFile, rowsOf, summaryPath } from "../src/sums/asking";
import { nameIn } from "../src/sums/names";
import { hashOf, whoseOf } from "../src/workerday/place";
import { appealsOf, troubleOf } from "../src/day/reading";
import type { Appeal } from "../src/day/facts";
import { wordOf } from "../src/own/saying";
import { tellKey } from "../src/own/words";
import { tellReader } from "../src/own/looked";
import { result } from "./days";

describe("sums", () => {
  it("are asked for from the first of the month until today", () => {
    expect(firstWanted(new Date(2026, 10, 23, 12))).toMatchObject({ from: "2026-11-01", to: "2026-11-23" });
  });
  it("are asked for page by page, of a grid or of all", () => {
    const wanted = { of: "area", by: "week", from: "2026-11-01", to: "2026-11-23", grid_id: "" } as const;

    expect(summaryPath(wanted, 200, null)).toBe("v1/compliance/summary?of=area&by=week&from=2026-11-01&to=2026-11-23&limit=200");
    expect(summaryPath({ ...wanted, grid_id: "G1" }, 200, "D1.2026-11-02")).toContain("&grid_id=G1&cursor=D1.2026-11-02");
  });
});

describe("a month", () => {
  it("has its days", () => {
    expect([daysOf("2026-11").length, daysOf("2028-02").length, daysOf("2026-12")[30]]).toEqual([30, 29, "2026-12-31"]);
  });
  it("has its rows by worker_id, whatever their results", () => {
    const rows = rowsOf([
      result({ worker_id: "W2", day: "2026-11-20", visit_verdict: "met" }), result({ worker_id: "W10", day: "2026-11-20" }),
      result({ worker_id: "W2", day: "2026-11-21" }),
    ]);

    expect(rows.map((row) => [row.worker_id, row.days.size])).toEqual([["W10", 1], ["W2", 2]]);
  });
  it("is a file for the people of the table", () => {
    expect(monthFile("2026-11", "pdf", { grid_id: "", area_id: "D1", lang: "zh" })).toBe("v1/months/2026-11/compliance.pdf?lang=zh&area_id=D1");
  });
  it("owes nothing on a day that is wholly excused", () => {
    expect([isExcused(result({ excused_s: 3600 })), isExcused(result({ excused_s: 3599 }))]).toEqual([true, false]);
  });
});

it("a name stands with its id, and an id without a name alone", () => {
  expect([nameIn([{ id: "D1", name: "East" }], "D1"), nameIn([], "D2")]).toEqual(["East (D1)", "D2"]);
});

describe("the address of a worker-day", () => {
  it("comes back as it was made", () => {
    expect(whoseOf(hashOf("day", { worker_id: "W_1", day: "2026-11-20" }))).toEqual({ worker_id: "W_1", day: "2026-11-20" });
  });
  it("without a day that there is has none", () => {
    expect(whoseOf("#day?worker=W1&day=2026-02-31")).toEqual({ worker_id: "W1", day: "" });
    expect(whoseOf("#day")).toEqual({ worker_id: "", day: "" });
  });
});

describe("an answer", () => {
  const refused = (status: number, problem: string) => ({ ok: false, status, problem }) as const;
  it("without a result yet is no trouble", () => {
    expect(troubleOf(refused(404, "not-assessed"))).toBeNull();
  });
  it("tells what went wrong", () => {
    expect([troubleOf(refused(404, "no-duty")), troubleOf(refused(403, "not-permitted")), troubleOf(refused(422, "invalid-request")), troubleOf(refused(0, ""))])
      .toEqual(["no_duty", "forbidden", "unknown_worker", "failed"]);
  });
  it("to what a worker said is told in words", () => {
    expect([wordOf({ ok: true, body: {} }), wordOf(refused(409, "changed-meanwhile")), wordOf(refused(409, "too-late")), wordOf(refused(503, "unavailable"))])
      .toEqual(["sent", "changed_meanwhile", "too_late", "not_sent"]);
  });
});

it("appeals of a day are those about it and about its month", () => {
  const appeal = (about: Appeal["about"], day: string) => ({ about, day }) as Appeal;
  const all = [appeal("day", "2026-11-20"), appeal("day", "2026-11-21"), appeal("month", "2026-11-01"), appeal("month", "2026-10-01")];

  expect(appealsOf(all, "2026-11-20")).toEqual([all[0], all[2]]);
});

describe("who looked", () => {
  const access = {
    access_id: 1, at: "", hour: null, reader: "chen", reader_name: "Chen", role: "area_supervisor", what: "track", worker_id: "W1",
    workers: 1, day: null, last_day: null, grid_id: null, purpose: "",
  };
  it("is told by name and role", () => {
    expect([tellReader(access, "li", "en"), tellReader({ ...access, reader_name: "" }, "li", "zh")]).toEqual(["Chen (chen), area supervisor", "chen, 片区网格长"]);
  });
  it("is you for your own account", () => {
    expect(tellReader(access, "chen", "en")).toBe("You");
  });
  it("is told as it is where it is not known", () => {
    expect(tellKey("what", "something_new", "zh")).toBe("something_new");
  });
});
