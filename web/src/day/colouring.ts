/** The track in pieces of one state each; and where visits are put on the map. */
import type { Feature, LineString, MultiLineString } from "geojson";
import type { PresenceInterval, Visit } from "./facts";
import type { Fix, Run } from "./playing";

export type Coloured = PresenceInterval["state"];

/** Lines of one state each; between two runs there is none, because nobody knows the way. */
export function pieces(runs: readonly Run[], presence: readonly PresenceInterval[]): Feature<LineString, { state: Coloured }>[] {
  return runs.flatMap((run) => {
    const lines: { state: Coloured; fixes: Fix[] }[] = [];
    for (const fix of run.fixes) {
      const state = stateAt(presence, fix.at_ms);
      const line = lines[lines.length - 1];
      line?.fixes.push(fix);
      // The fix at which the state turns ends one line and begins the next.
      if (line?.state !== state) lines.push({ state, fixes: [fix] });
    }
    return lines.filter((line) => line.fixes.length > 1).map(drawn);
  });
}

function drawn({ state, fixes }: { state: Coloured; fixes: Fix[] }): Feature<LineString, { state: Coloured }> {
  return {
    type: "Feature", properties: { state },
    geometry: { type: "LineString", coordinates: fixes.map((one) => [one.lon, one.lat]) },
  };
}

// So much of the way is shown behind a moment.
const TRAIL_MS = 10 * 60_000;

/** The last minutes of the way before a moment, as far as fixes tell it. */
export function trailOf(runs: readonly Run[], at_ms: number): Feature<MultiLineString> {
  const lines = runs.map((run) => run.fixes.filter((one) => one.at_ms <= at_ms && one.at_ms > at_ms - TRAIL_MS))
    .filter((fixes) => fixes.length > 1);
  return {
    type: "Feature", properties: {},
    geometry: { type: "MultiLineString", coordinates: lines.map((fixes) => fixes.map((one) => [one.lon, one.lat])) },
  };
}

/** The state of a moment; a day without a result is unknown. */
export function stateAt(presence: readonly PresenceInterval[], at_ms: number): Coloured {
  const found = presence.find((one) => Date.parse(one.start_at) <= at_ms && at_ms < Date.parse(one.end_at));
  return found?.state ?? "unknown";
}

/** The middle of the fixes of a visit; null where there are none. */
export function middleOf(runs: readonly Run[], visit: Visit): { lon: number; lat: number } | null {
  const [begin, end] = [Date.parse(visit.start_at), Date.parse(visit.end_at)];
  const fixes = runs.flatMap((run) => run.fixes).filter((one) => one.at_ms >= begin && one.at_ms <= end);
  if (fixes.length === 0) return null;
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
  return { lon: middle(fixes.map((one) => one.lon)), lat: middle(fixes.map((one) => one.lat)) };
}
