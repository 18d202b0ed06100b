/** How somebody on duty is shown: a state by shape and by colour, from what the stream tells. */
import type { components } from "./schema";

/** The stream tells no age: it would be old on arrival. */
export type Position = Omit<components["schemas"]["LatestPosition"], "age_s">;
export type State = "inside" | "outside" | "unknown" | "silent";

export const STATES: readonly State[] = ["inside", "outside", "unknown", "silent"];
/** Colours of Okabe and Ito, told apart by the colour-blind; the shapes differ besides. */
export const COLOURS: Record<State, string> = {
  inside: "#0072b2",
  outside: "#d55e00",
  unknown: "#767676",
  silent: "#9a4f80",
};
/** As the server says it of terminals: nothing received for so long. */
export const SILENT_S = 300;

/** The state of `one` at `now_ms` of the server's clock. */
export function stateOf(one: Position, now_ms: number): State {
  if (now_ms - Date.parse(one.received_at) >= SILENT_S * 1000) return "silent";
  return one.provisional_state;
}

/** What the stream tells positions apart by: of one who goes to the next grid, the old one goes. */
export function keyOf(one: Pick<Position, "worker_id" | "terminal_id" | "grid_id">): string {
  return `${one.worker_id}/${one.terminal_id}/${one.grid_id}`;
}

/** Whether `one` is meant by what was typed: part of a name or of an id. */
export function matches(one: Position, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  return [one.worker_name, one.worker_id, one.grid_id].some((text) =>
    text.toLowerCase().includes(wanted));
}

/** A circle of `radius_m` around a place, as a ring of 49 corners, longitude first. */
export function ring(lon: number, lat: number, radius_m: number): [number, number][] {
  const up = radius_m / 111_320;
  const across = up / Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  return Array.from({ length: 49 }, (_, i) => {
    const turn = (i / 48) * 2 * Math.PI;
    return [lon + across * Math.cos(turn), lat + up * Math.sin(turn)];
  });
}
