/** The timeline: lanes, axis, what a piece says, and where keys lead. */
import { describe, expect, it } from "vitest";
import { hoursOf, laid, lanesOf, standingAt } from "../src/day/lanes";
import { runsOf } from "../src/day/playing";
import { notesOf } from "../src/day/summary";
import { teller } from "../src/day/telling";
import { movedStop } from "../src/day/timeline";
import { tellStanding } from "../src/day/player";
import { at, excused, finding, line, presence, result, T0, visit } from "./days";

process.env.TZ = "Asia/Shanghai";
const runs = runsOf([line(0, [[0, 1, 5], [10, 1, 7], [20, 1, 9]])]);
const day = result({
  presence: [presence(600, 3600, "unknown"), presence(0, 600, "inside")], visits: [visit(60, 300, { grade: "A" })], excused: [excused(3000, 3600)],
});
const lanes = lanesOf({ day, runs, passes: [], findings: [finding(0, 60)], reports: [] });

describe("lanes", () => {
  it("are those that have anything, pieces in the order of time", () => {
    expect(lanes.map((lane) => lane.name)).toEqual(["presence", "excused", "visit", "fixes", "finding"]);
    expect(lanes[0]?.pieces.map((piece) => piece.kind)).toEqual(["inside", "unknown"]);
  });
  it("of a day without a result have its fixes", () => {
    expect(lanesOf({ day: null, runs, passes: [], findings: [], reports: [] }).map((lane) => lane.name)).toEqual(["fixes"]);
  });
  it("are laid on the axis in percent, and cut where they reach beyond", () => {
    const whole = { start_ms: at(0), end_ms: at(1000) };

    expect(laid({ start_ms: at(250), end_ms: at(500) }, whole)).toEqual({ left_pct: 25, width_pct: 25 });
    expect(laid({ start_ms: at(-100), end_ms: at(2000) }, whole)).toEqual({ left_pct: 0, width_pct: 100 });
  });
  it("have marks at full hours of the local clock, no more than there is room for", () => {
    const whole = { start_ms: T0 - 30 * 60_000, end_ms: T0 + 8.5 * 3_600_000 };

    expect(hoursOf(whole, 480)).toHaveLength(9);
    expect(hoursOf(whole, 480)[0]).toBe(T0);
    expect(hoursOf(whole, 480, 5)).toHaveLength(4);
  });
});

describe("a piece says", () => {
  const tell = teller(runs, "en");
  const told = lanes.flatMap((lane) => lane.pieces).map(tell);
  it("what it rests on", () => {
    expect(told[0]).toEqual({
      title: "In the grid", when: "09:00 to 09:10, 10 min",
      evidence: ["Rests on 3 fixes, longest silence 9 min 40 s, accuracy 7 m", "Grid G1"],
    });
  });
  it("that unknown counts neither way", () => {
    expect(told[1]?.evidence).toContain("No evidence either way. It counts neither for nor against anybody.");
  });
  it("of a visit only the evidence that there is", () => {
    expect(told[3]).toMatchObject({ title: "Visit, grade A: House 1" });
    expect(told[3]?.evidence).toEqual(["Tags at begin and end.", "1 min shown by fixes", "97% probable at any premises, 52% at these"]);
  });
  it("the same in Chinese", () => {
    const piece = lanes[0]?.pieces[1];

    expect(piece && teller(runs, "zh")(piece)).toMatchObject({ title: "未知", when: "09:10 至 10:00，50 分钟" });
  });
  it("of a finding what the worker said", () => {
    const [lane] = lanesOf({ day: null, runs: [], passes: [], findings: [finding(0, 60, { status: "explained", explanation: "I drove" })], reports: [] });

    expect(lane && lane.pieces[0] && tell(lane.pieces[0])).toMatchObject({ title: "Finding: Explained", evidence: ["leap", "The worker said: I drove"] });
  });
});

describe("a moment is told", () => {
  it("with presence, visit and fix", () => {
    expect(tellStanding(day, { known: true, lon: 1, lat: 30, accuracy_m: 7, near: { at_ms: at(100), lon: 1, lat: 30, accuracy_m: 7 } }, at(100), "en"))
      .toBe("09:01:40 · In the grid · Home visits: House 1 · Fix of 09:01:40, accuracy 7 m");
  });
  it("as not known in a silence", () => {
    expect(tellStanding(day, { known: false, near: { at_ms: at(20), lon: 1, lat: 30, accuracy_m: 7 }, next: null }, at(900), "en"))
      .toBe("09:15:00 · Unknown · No fix since 09:00:20: where is not known");
  });
  it("as off duty between windows, without a place", () => {
    expect(standingAt(day, at(4000)).state).toBe("off_duty");
    expect(tellStanding(day, { known: false, near: null, next: null }, at(4000), "en")).toBe("10:06:40 · Off duty: nothing is kept");
  });
});

describe("keys", () => {
  it("lead from piece to piece and stay within", () => {
    expect([movedStop("ArrowRight", 1, 3), movedStop("ArrowRight", 2, 3), movedStop("ArrowLeft", 0, 3)]).toEqual([2, 2, 0]);
    expect([movedStop("Home", 2, 3), movedStop("End", 0, 3), movedStop("a", 0, 3)]).toEqual([0, 2, null]);
  });
});

describe("notes of a result", () => {
  it("say what is open or frozen", () => {
    const notes = notesOf(result({ is_current: false, is_frozen: true, recomputed_differs_in: ["visit_s"], pending_corrections: 2 }), "en");

    expect(notes).toHaveLength(4);
    expect(notes[3]).toBe("Corrections: 2 wait for a second person");
  });
  it("are none where there is nothing to say", () => {
    expect(notesOf(result(), "en")).toEqual([]);
  });
});
