/** Values of which tests make worker-days; times are seconds after nine o'clock in China. */
import type { Excused, Finding, LineFeature, PresenceInterval, Visit, WorkerDay } from "../src/day/facts";

export const T0 = Date.parse("2026-11-20T01:00:00Z");
export const at = (s: number): number => T0 + s * 1000;
const iso = (s: number): string => new Date(at(s)).toISOString();
const span = (start_s: number, end_s: number) => ({ start_at: iso(start_s), end_at: iso(end_s), duration_s: end_s - start_s });

/** A run that begins at `start_s`: of each fix its second after that, longitude and accuracy. */
export function line(start_s: number, fixes: [number, number, number | null][]): LineFeature {
  return {
    type: "Feature",
    geometry: { type: "LineString", coordinates: fixes.map(([, lon]) => [lon, 30]) },
    properties: {
      terminal_id: "T1", grid_id: "G1", start_at: iso(start_s), end_at: iso(start_s + (fixes[fixes.length - 1]?.[0] ?? 0)),
      epochs: fixes.map(([s]) => iso(start_s + s)), accuracies_m: fixes.map(([, , m]) => m), speeds_mps: fixes.map(() => null),
    },
  };
}

export function presence(start_s: number, end_s: number, state: PresenceInterval["state"]): PresenceInterval {
  return { ...span(start_s, end_s), grid_id: "G1", state };
}

export function excused(start_s: number, end_s: number): Excused {
  return { ...span(start_s, end_s), grid_id: "G1", reason: "training", reason_code: "training" };
}

export function visit(start_s: number, end_s: number, more: Partial<Visit> = {}): Visit {
  return {
    ...span(start_s, end_s), premises_id: "P1", premises_name: "House 1", grid_id: "G1", observed_s: 60,
    bridged_s: 0, check_in_s: 0, grade: "B", p_any: 0.97, p_premises: 0.52, ...more,
  };
}

export function finding(start_s: number, end_s: number, more: Partial<Finding> = {}): Finding {
  return {
    ...span(start_s, end_s), finding_id: 41, worker_id: "W1", worker_name: "Li", day: "2026-11-20", kind: "teleport",
    text: "leap", evidence: {}, status: "new", is_found: true, found_at: iso(0), explanation: null, explained_at: null,
    decided_by: null, decision_reason: null, decided_at: null, decision_code: null, revision: 0, ...more,
  };
}

export function result(more: Partial<WorkerDay> = {}): WorkerDay {
  return {
    worker_id: "W1", worker_name: "Li", day: "2026-11-20", grid_ids: ["G1"], duty_s: 3600, excused_s: 0, inside_s: 3000,
    plausible_s: 0, outside_s: 300, unknown_s: 300, presence_low_s: 2900, presence_high_s: 3300, presence_verdict: "met",
    presence_reason: "enough", presence_reason_code: "presence_met", presence_reason_values: null, visit_s: 600, visit_a_s: 0,
    visit_b_s: 600, visit_c_s: 0, visit_low_s: 500, visit_high_s: 700, visit_verdict: "undetermined", visit_reason: "perhaps",
    visit_reason_code: null, visit_reason_values: null, fixes: 5, rules_version: "r", parameters_version: "p", assessed_at: iso(7200),
    is_current: true, decided_visit_s: 600, decided_visit_verdict: "undetermined", decided_inside_s: 3000,
    decided_presence_verdict: "met", corrections: 0, pending_corrections: 0, is_frozen: false, recomputed_differs_in: [],
    duty: [{ ...span(0, 3600), grid_id: "G1" }], presence: [], visits: [], excused: [], ...more,
  };
}
