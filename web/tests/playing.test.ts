/** Where somebody was at a moment, and how a day is played. */
import { describe, expect, it } from "vitest";
import { pieces, middleOf, trailOf } from "../src/day/colouring";
import { dutySpans, placeAt, restingOf, runsOf, stepped, wholeOf, type Run } from "../src/day/playing";
import { line, presence, T0, at, visit } from "./days";

const runs: Run[] = runsOf([line(600, [[0, 0, 8], [10, 0.001, null], [20, 0.002, 6]]), line(0, [[0, 1, 5], [10, 1.001, 5]])]);

describe("a moment", () => {
  it("lies between the two fixes around it", () => {
    const place = placeAt(runs, at(605));

    expect(place).toMatchObject({ known: true, lon: 0.0005, accuracy_m: 8 });
  });
  it("is a fix where one is", () => {
    expect(placeAt(runs, at(620))).toMatchObject({ known: true, lon: 0.002, accuracy_m: 6 });
  });
  it("in a silence is known no more, and the last and next fix are told", () => {
    const place = placeAt(runs, at(300));

    expect(place).toMatchObject({ known: false, near: { at_ms: at(10) }, next: { at_ms: at(600) } });
  });
  it("before any fix has none before", () => {
    expect(placeAt(runs, at(-5))).toMatchObject({ known: false, near: null, next: { at_ms: at(0) } });
  });
  it("of a day without fixes is nowhere", () => {
    expect(placeAt([], at(0))).toEqual({ known: false, near: null, next: null });
  });
});

describe("playing", () => {
  const duty = dutySpans([window(7200, 9000), window(0, 3600)]);
  it("goes over what is off duty", () => {
    expect(stepped(duty, at(3590), 20_000)).toBe(at(7210));
  });
  it("ends at the end of duty", () => {
    expect(stepped(duty, at(8990), 60_000)).toBe(at(9000));
  });
  it("goes on from a moment off duty with the next window", () => {
    expect(stepped(duty, at(5000), 1000)).toBe(at(7201));
  });
  it("is of the whole from the first begin to the last end", () => {
    expect(wholeOf(duty)).toEqual({ start_ms: at(0), end_ms: at(9000) });
    expect(wholeOf([])).toBeNull();
  });
  it("takes windows that touch for one", () => {
    expect(dutySpans([window(0, 3600), window(3600, 7200)])).toEqual([{ start_ms: at(0), end_ms: at(7200) }]);
  });
});

describe("evidence of a span", () => {
  it("counts fixes, the longest silence and the middle accuracy", () => {
    expect(restingOf(runs, { start_ms: at(0), end_ms: at(700) })).toEqual({ fixes: 5, silence_s: 590, accuracy_m: 6 });
  });
  it("without fixes is one silence", () => {
    expect(restingOf(runs, { start_ms: at(100), end_ms: at(200) })).toEqual({ fixes: 0, silence_s: 100, accuracy_m: null });
  });
});

describe("the track on the map", () => {
  it("changes its state at the fix at which presence does", () => {
    const lines = pieces(runs, [presence(0, 605, "inside"), presence(605, 700, "outside")]);

    expect(lines.map((one) => [one.properties.state, one.geometry.coordinates.length])).toEqual([
      ["inside", 2], ["inside", 2], ["outside", 2],
    ]);
  });
  it("is unknown without a result", () => {
    expect(pieces(runs, []).every((one) => one.properties.state === "unknown")).toBe(true);
  });
  it("draws no line across a silence", () => {
    expect(pieces(runs, []).every(({ geometry }) => new Set(geometry.coordinates.map(([lon]) => (lon as number) >= 1)).size === 1)).toBe(true);
  });
  it("shows ten minutes behind a moment", () => {
    expect(trailOf(runs, at(612)).geometry.coordinates.map((fixes) => fixes.length)).toEqual([2]);
    expect(trailOf(runs, at(605)).geometry.coordinates.map((fixes) => fixes.length)).toEqual([]);
  });
  it("puts a visit in the middle of its fixes, and nowhere without", () => {
    expect(middleOf(runs, visit(600, 620))).toMatchObject({ lon: 0.001 });
    expect(middleOf(runs, visit(100, 200))).toBeNull();
  });
});

function window(start_s: number, end_s: number) {
  return { grid_id: "G1", start_at: new Date(T0 + start_s * 1000).toISOString(), end_at: new Date(T0 + end_s * 1000).toISOString(), duration_s: end_s - start_s };
}
