/** Where somebody was at a moment of a worker-day, as far as fixes tell, and how a day is played. */
import type { DutyWindow, LineFeature } from "./facts";

export interface Fix {
  at_ms: number;
  lon: number;
  lat: number;
  accuracy_m: number | null;
}
/** Fixes that follow one another closely: between two of them the way is known well enough. */
export interface Run { terminal_id: string; fixes: readonly Fix[] }
export interface Span { start_ms: number; end_ms: number }
/** `near` is the last fix before; in a silence nothing but that and the next one is known. */
export type Place =
  | { known: true; lon: number; lat: number; accuracy_m: number | null; near: Fix }
  | { known: false; near: Fix | null; next: Fix | null };

/** The runs of a track that was asked for as lines, by their begins. */
export function runsOf(features: readonly LineFeature[]): Run[] {
  return features.map((one) => ({ terminal_id: one.properties.terminal_id, fixes: fixesOf(one) }))
    .filter((run) => run.fixes.length > 0)
    .sort((a, b) => first(a).at_ms - first(b).at_ms);
}

function fixesOf({ geometry, properties }: LineFeature): Fix[] {
  const places = (geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates) as number[][];
  return properties.epochs.flatMap((epoch, i) => {
    const [lon, lat] = places[i] ?? [];
    if (lon === undefined || lat === undefined) return [];
    return [{ at_ms: Date.parse(epoch), lon, lat, accuracy_m: properties.accuracies_m[i] ?? null }];
  });
}

const first = (run: Run): Fix => run.fixes[0] as Fix;
const last = (run: Run): Fix => run.fixes[run.fixes.length - 1] as Fix;

/** Where the worker was at `at_ms`: on a run between two fixes, else unknown. */
export function placeAt(runs: readonly Run[], at_ms: number): Place {
  const run = runs.find((one) => first(one).at_ms <= at_ms && at_ms <= last(one).at_ms);
  if (run === undefined) return between(runs, at_ms);
  const i = indexBefore(run.fixes, at_ms);
  const near = run.fixes[i] as Fix;
  const next = run.fixes[i + 1];
  if (next === undefined) return { known: true, lon: near.lon, lat: near.lat, accuracy_m: near.accuracy_m, near };
  const part = (at_ms - near.at_ms) / Math.max(1, next.at_ms - near.at_ms);
  return {
    known: true, near, accuracy_m: near.accuracy_m,
    lon: near.lon + (next.lon - near.lon) * part, lat: near.lat + (next.lat - near.lat) * part,
  };
}

function between(runs: readonly Run[], at_ms: number): Place {
  let near: Fix | null = null;
  let next: Fix | null = null;
  for (const run of runs) {
    const [begin, end] = [first(run), last(run)];
    if (end.at_ms < at_ms && (near === null || end.at_ms > near.at_ms)) near = end;
    if (begin.at_ms > at_ms && (next === null || begin.at_ms < next.at_ms)) next = begin;
  }
  return { known: false, near, next };
}

/** The index of the last fix at or before `at_ms`; the fixes begin no later. */
function indexBefore(fixes: readonly Fix[], at_ms: number): number {
  let [low, high] = [0, fixes.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((fixes[middle] as Fix).at_ms <= at_ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Duty windows as spans, in order; those that touch are one. */
export function dutySpans(windows: readonly DutyWindow[]): Span[] {
  const spans = windows.map((one) => ({ start_ms: Date.parse(one.start_at), end_ms: Date.parse(one.end_at) }))
    .sort((a, b) => a.start_ms - b.start_ms);
  const joined: Span[] = [];
  for (const span of spans) {
    const before = joined[joined.length - 1];
    if (before !== undefined && span.start_ms <= before.end_ms) before.end_ms = Math.max(before.end_ms, span.end_ms);
    else joined.push({ ...span });
  }
  return joined;
}

/** From the begin of the first duty to the end of the last. */
export function wholeOf(spans: readonly Span[]): Span | null {
  const [begin, end] = [spans[0], spans[spans.length - 1]];
  return begin === undefined || end === undefined ? null : { start_ms: begin.start_ms, end_ms: end.end_ms };
}

/** The moment after `forward_ms` of playing; what is off duty is passed over, the end is the end. */
export function stepped(spans: readonly Span[], at_ms: number, forward_ms: number): number {
  let [now_ms, left_ms] = [at_ms, forward_ms];
  for (const span of spans) {
    if (span.end_ms <= now_ms) continue;
    now_ms = Math.max(now_ms, span.start_ms);
    if (now_ms + left_ms < span.end_ms) return now_ms + left_ms;
    left_ms -= span.end_ms - now_ms;
    now_ms = span.end_ms;
  }
  return now_ms;
}

export interface Resting { fixes: number; silence_s: number; accuracy_m: number | null }

/** What a span of time rests on: fixes in it, its longest silence, the middle one of their accuracies. */
export function restingOf(runs: readonly Run[], { start_ms, end_ms }: Span): Resting {
  const fixes = runs.flatMap((run) => run.fixes.filter((one) => one.at_ms >= start_ms && one.at_ms < end_ms))
    .sort((a, b) => a.at_ms - b.at_ms);
  const moments = [start_ms, ...fixes.map((one) => one.at_ms), end_ms];
  const silence_ms = Math.max(...moments.slice(1).map((at, i) => at - (moments[i] as number)));
  const accuracies = fixes.flatMap((one) => (one.accuracy_m === null ? [] : [one.accuracy_m])).sort((a, b) => a - b);
  return {
    fixes: fixes.length, silence_s: silence_ms / 1000,
    accuracy_m: accuracies[Math.floor(accuracies.length / 2)] ?? null,
  };
}
