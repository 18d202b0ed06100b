/** What is asked of the access log. */
import { movedDay, today } from "../day/moments";
import type { components } from "../schema";

export type Access = components["schemas"]["Access"];
export type Kept = components["schemas"]["Kept"];

export interface Wanted { from: string; to: string; worker_id: string; reader: string }

const A_PAGE = 200;

/** The last week. */
export function firstWanted(now = new Date()): Wanted {
  const to = today(now);
  return { from: movedDay(to, -6), to, worker_id: "", reader: "" };
}

export function pathOf({ from, to, worker_id, reader }: Wanted, cursor: string | null): string {
  const asked = new URLSearchParams({ from, to, limit: String(A_PAGE) });
  if (worker_id !== "") asked.set("worker_id", worker_id);
  if (reader !== "") asked.set("reader", reader);
  if (cursor !== null) asked.set("cursor", cursor);
  return `v1/access-log?${asked.toString()}`;
}
