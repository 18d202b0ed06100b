/** What an import asks: first what it would do, then that it is done. */
import type { components, paths } from "../schema";
import type { Holder } from "../session";

export type Imported = components["schemas"]["Imported"];
export type RowProblem = components["schemas"]["RowProblem"];
type Query = NonNullable<paths["/v1/imports"]["post"]["parameters"]["query"]>;
export type Kind = Query["kind"];
export type Datum = NonNullable<Query["datum"]>;

export const KINDS: readonly Kind[] = [
  "grids", "premises", "places", "checkpoints", "streets", "facilities", "workers", "terminals", "roster", "requirements", "excuses", "covers", "tags",
];
export const DATUMS: readonly Datum[] = ["wgs84", "gcj02", "bd09"];
// The others have no places in them.
const PLACED: ReadonlySet<Kind> = new Set(["grids", "premises", "places", "checkpoints", "streets", "facilities"]);
// What is not in such a file is withdrawn.
const WHOLE: ReadonlySet<Kind> = new Set(["streets", "requirements", "tags"]);
const UNDATED: ReadonlySet<Kind> = new Set(["grids", "premises", "places", "checkpoints", "workers", "terminals"]);

export const hasPlaces = (kind: Kind): boolean => PLACED.has(kind);
export const isWholeList = (kind: Kind): boolean => WHOLE.has(kind);
export const mayKeepFrozen = (kind: Kind): boolean => UNDATED.has(kind);

export interface Wanted { kind: Kind; datum: Datum; reason: string; keep_frozen: boolean }

export function pathOf({ kind, datum, reason, keep_frozen }: Wanted, dry_run: boolean): string {
  const asked = new URLSearchParams({ kind, dry_run: String(dry_run) });
  if (hasPlaces(kind)) asked.set("datum", datum);
  if (reason.trim() !== "") asked.set("reason", reason.trim());
  if (keep_frozen && mayKeepFrozen(kind)) asked.set("keep_frozen", "true");
  return `v1/imports?${asked.toString()}`;
}

const TYPES: Record<string, string> = {
  csv: "text/csv", geojson: "application/geo+json", json: "application/geo+json",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

/** What a file is, by its name; null: none of what is taken. */
export function mediaTypeOf(name: string): string | null {
  return TYPES[name.split(".").pop()?.toLowerCase() ?? ""] ?? null;
}

export type Refusal = "not_a_table" | "too_large" | "forbidden" | "frozen" | "failed";

export type Outcome = { told: Imported } | { problems: readonly RowProblem[] } | { refusal: Refusal; detail: string };

const REFUSALS: Record<string, Refusal> = {
  "not-a-table": "not_a_table", "body-too-large": "too_large", "not-permitted": "forbidden", "month-frozen": "frozen",
};

interface Problem { type?: string; detail?: string; errors?: { name: string; place: string; detail: string }[] | null }

/** Send the file; nothing is changed where `dry_run` says so. */
export async function bring(holder: Holder, wanted: Wanted, file: File, dry_run: boolean): Promise<Outcome> {
  const type = mediaTypeOf(file.name);
  if (type === null) return { refusal: "not_a_table", detail: "" };
  const answer = await holder.ask(pathOf(wanted, dry_run), { method: "POST", body: file, headers: { "Content-Type": type } }).catch(() => null);
  if (answer === null) return { refusal: "failed", detail: "" };
  const body = (await answer.json().catch(() => ({}))) as Imported & Problem;
  if (answer.ok) return { told: body };
  if (answer.status === 422 && body.errors) return { problems: body.errors.map(rowOf) };
  return { refusal: REFUSALS[(body.type ?? "").split(":").pop() ?? ""] ?? "failed", detail: body.detail ?? "" };
}

/** A row out of an error of a problem document: its number stands in `name` or `place`. */
function rowOf({ name, place, detail }: { name: string; place: string; detail: string }): RowProblem {
  const row = /\d+/.exec(place)?.[0] ?? /\d+/.exec(name)?.[0];
  return { row: row === undefined ? null : Number(row), field: null, detail };
}
