/** A worker-day as lanes of pieces on one axis of time. */
import type { CheckpointPass, DayReport, Excused, Finding, PresenceInterval, Visit, WorkerDay } from "./facts";
import type { Run, Span } from "./playing";

export type Piece = Span & { key: string } & (
  | { of: "presence"; kind: PresenceInterval["state"]; fact: PresenceInterval }
  | { of: "excused"; kind: "excused"; fact: Excused }
  | { of: "visit"; kind: "visit_a" | "visit_b" | "visit_c"; fact: Visit }
  | { of: "fixes"; kind: "fixes"; fact: Run }
  | { of: "pass"; kind: "pass"; fact: CheckpointPass }
  | { of: "finding"; kind: "finding"; fact: Finding }
  | { of: "report"; kind: "report"; fact: DayReport }
);
export type LaneName = Piece["of"];
export interface Lane { name: LaneName; pieces: Piece[] }
export interface Told {
  day: WorkerDay | null;
  runs: readonly Run[];
  passes: readonly CheckpointPass[];
  findings: readonly Finding[];
  reports: readonly DayReport[];
}

const GRADES = { A: "visit_a", B: "visit_b", C: "visit_c" } as const;

/** The lanes that have anything; presence is always there where the day was judged. */
export function lanesOf(told: Told): Lane[] {
  const lanes: Lane[] = [
    { name: "presence", pieces: (told.day?.presence ?? []).map(presencePiece) },
    { name: "excused", pieces: (told.day?.excused ?? []).map(excusedPiece) },
    { name: "visit", pieces: (told.day?.visits ?? []).map(visitPiece) },
    { name: "pass", pieces: told.passes.map(passPiece) },
    { name: "fixes", pieces: told.runs.map(runPiece) },
    { name: "finding", pieces: told.findings.map(findingPiece) },
    { name: "report", pieces: told.reports.map(reportPiece) },
  ];
  for (const lane of lanes) lane.pieces.sort((a, b) => a.start_ms - b.start_ms || a.end_ms - b.end_ms);
  return lanes.filter((lane) => lane.pieces.length > 0);
}

function spanOf(fact: { start_at: string; end_at: string }): Span {
  return { start_ms: Date.parse(fact.start_at), end_ms: Date.parse(fact.end_at) };
}

const presencePiece = (fact: PresenceInterval): Piece =>
  ({ ...spanOf(fact), key: `presence ${fact.start_at} ${fact.grid_id}`, of: "presence", kind: fact.state, fact });
const excusedPiece = (fact: Excused): Piece =>
  ({ ...spanOf(fact), key: `excused ${fact.start_at} ${fact.reason_code}`, of: "excused", kind: "excused", fact });
const visitPiece = (fact: Visit): Piece =>
  ({ ...spanOf(fact), key: `visit ${fact.start_at} ${fact.premises_id}`, of: "visit", kind: GRADES[fact.grade], fact });
const passPiece = (fact: CheckpointPass): Piece =>
  ({ ...spanOf(fact), key: `pass ${fact.start_at} ${fact.checkpoint_id}`, of: "pass", kind: "pass", fact });
const findingPiece = (fact: Finding): Piece =>
  ({ ...spanOf(fact), key: `finding ${fact.finding_id}`, of: "finding", kind: "finding", fact });

function runPiece(fact: Run): Piece {
  const [begin, end] = [fact.fixes[0]?.at_ms ?? 0, fact.fixes[fact.fixes.length - 1]?.at_ms ?? 0];
  return { start_ms: begin, end_ms: end, key: `fixes ${fact.terminal_id} ${begin}`, of: "fixes", kind: "fixes", fact };
}

function reportPiece(fact: DayReport): Piece {
  const at_ms = Date.parse(fact.report.taken_at);
  return { start_ms: at_ms, end_ms: at_ms, key: `report ${fact.report.report_id}`, of: "report", kind: "report", fact };
}

export interface Laid { left_pct: number; width_pct: number }

/** Where a span lies on the axis `whole`, in percent; what reaches beyond is cut. */
export function laid(span: Span, whole: Span): Laid {
  const length_ms = Math.max(1, whole.end_ms - whole.start_ms);
  const percent = (at_ms: number) => Math.min(100, Math.max(0, ((at_ms - whole.start_ms) / length_ms) * 100));
  const left_pct = percent(span.start_ms);
  return { left_pct, width_pct: percent(span.end_ms) - left_pct };
}

// Hours between marks: the first that leaves no more marks than there is room for.
const STEPS_H = [1, 2, 3, 4, 6, 12] as const;

/** Full hours on the axis, by the clock of the time zone whose offset is `offset_min` east of UTC. */
export function hoursOf(whole: Span, offset_min: number, most = 10): number[] {
  const hour_ms = 3_600_000;
  const length_h = (whole.end_ms - whole.start_ms) / hour_ms;
  const step_ms = (STEPS_H.find((step) => length_h / step <= most) ?? 24) * hour_ms;
  const shift_ms = offset_min * 60_000;
  const hours: number[] = [];
  for (let at = Math.ceil((whole.start_ms + shift_ms) / step_ms) * step_ms - shift_ms; at <= whole.end_ms; at += step_ms) hours.push(at);
  return hours;
}

/** What is at `at_ms`: the presence and the visit, for whoever listens to the slider. */
export function standingAt(day: WorkerDay | null, at_ms: number): { state: PresenceInterval["state"] | "off_duty" | null; visit: Visit | null } {
  const within = (one: { start_at: string; end_at: string }) => Date.parse(one.start_at) <= at_ms && at_ms < Date.parse(one.end_at);
  if (day === null) return { state: null, visit: null };
  // The end of the last window belongs to nothing, yet the slider may stand there.
  if (!day.duty.some(within)) return { state: "off_duty", visit: null };
  return { state: day.presence.find(within)?.state ?? null, visit: day.visits.find(within) ?? null };
}
