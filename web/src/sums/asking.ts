/** What is asked for sums, and for the days of a month. */
import { today } from "../day/moments";
import type { components } from "../schema";

export type Summary = components["schemas"]["Summary"];
export type Compliance = components["schemas"]["Compliance"];
export type FrozenMonth = components["schemas"]["FrozenMonth"];
export type Of = "area" | "grid" | "worker";
export type By = "day" | "week" | "month";

export interface Wanted { of: Of; by: By; from: string; to: string; grid_id: string }

/** From the first of this month until today, by grid and month. */
export function firstWanted(now = new Date()): Wanted {
  const to = today(now);
  return { of: "grid", by: "month", from: `${to.slice(0, 7)}-01`, to, grid_id: "" };
}

/** The question of a page of sums. */
export function summaryPath({ of, by, from, to, grid_id }: Wanted, limit: number, cursor: string | null): string {
  const asked = new URLSearchParams({ of, by, from, to, limit: String(limit) });
  if (grid_id !== "") asked.set("grid_id", grid_id);
  if (cursor !== null) asked.set("cursor", cursor);
  return `v1/compliance/summary?${asked.toString()}`;
}

/** The days of a month, `2026-11`. */
export function daysOf(month: string): string[] {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const count = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from({ length: count }, (_, i) => `${month}-${String(i + 1).padStart(2, "0")}`);
}

export interface Row { worker_id: string; name: string; days: ReadonlyMap<string, Compliance> }

/** Worker-days as a row a worker, by worker_id and in no other order. */
export function rowsOf(days: readonly Compliance[]): Row[] {
  const rows = new Map<string, { worker_id: string; name: string; days: Map<string, Compliance> }>();
  for (const one of days) {
    const row = rows.get(one.worker_id) ?? { worker_id: one.worker_id, name: one.worker_name, days: new Map() };
    row.days.set(one.day, one);
    rows.set(one.worker_id, row);
  }
  return [...rows.values()].sort((a, b) => (a.worker_id < b.worker_id ? -1 : 1));
}

/** Whether nothing was owed on a worker-day. */
export function isExcused(one: Compliance): boolean {
  return one.excused_s >= one.duty_s;
}

/** The address of a month as a file, for the same people as the table. */
export function monthFile(month: string, form: "xlsx" | "pdf", { grid_id, area_id, lang }: { grid_id: string; area_id: string; lang: string }): string {
  const asked = new URLSearchParams({ lang });
  if (grid_id !== "") asked.set("grid_id", grid_id);
  if (area_id !== "") asked.set("area_id", area_id);
  return `v1/months/${month}/compliance.${form}?${asked.toString()}`;
}
