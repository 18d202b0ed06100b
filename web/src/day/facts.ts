/** What the API tells of a worker-day, by the names of its document. */
import type { components } from "../schema";

type Schemas = components["schemas"];

export type WorkerDay = Schemas["WorkerDay"];
export type Track = Schemas["Track"];
export type LineFeature = Schemas["LineFeature"];
export type DutyWindow = Schemas["DutyWindow"];
export type PresenceInterval = Schemas["PresenceInterval"];
export type Excused = Schemas["Excused"];
export type Visit = Schemas["Visit"];
export type Finding = Schemas["Finding"];
export type Appeal = Schemas["Appeal"];
export type DayDecisions = Schemas["DayDecisions"];
export type Correction = Schemas["Correction"];
export type HistoryEvent = Schemas["Event"];
export type CheckpointPass = Schemas["CheckpointPass"];
export type OrderReport = Schemas["OrderReport"];
export type Verdict = WorkerDay["visit_verdict"];

/** A report of this worker, taken on this day, with where the matter is. */
export interface DayReport {
  report: OrderReport;
  lat_deg: number | null;
  lon_deg: number | null;
  /** What its category is called, by language; null: the workflow does not know it. */
  names: Readonly<Record<string, string>> | null;
}

/** What the matter of a report is called; a code that the workflow has not, as it was told. */
export function calledIn({ report, names }: DayReport, language: string): string {
  return names?.[language] ?? report.category;
}
