/** A worker-day as the API tells it. What somebody may not see is null, and is not asked for twice. */
import type { Holder } from "../session";
import type { Language } from "../words";
import type { Appeal, CheckpointPass, DayDecisions, DayReport, Finding, Track, WorkerDay } from "./facts";

/** How an answer went; `none`: no duty, no result or no worker, as `problem` says. */
export type Answer<T> = { ok: true; body: T } | { ok: false; status: number; problem: string };

/** The JSON of `path`; a fault of the line is status 0. */
export async function read<T>(holder: Holder, path: string, init: RequestInit = {}): Promise<Answer<T>> {
  const answer = await holder.ask(path, init).catch(() => null);
  if (answer === null) return { ok: false, status: 0, problem: "" };
  if (answer.ok) return { ok: true, body: (await answer.json()) as T };
  const told = (await answer.json().catch(() => ({}))) as { type?: string };
  return { ok: false, status: answer.status, problem: (told.type ?? "").split(":").pop() ?? "" };
}

/** Send a JSON body. */
export function send<T>(holder: Holder, path: string, body: object): Promise<Answer<T>> {
  return read<T>(holder, path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
}

export type Trouble = "unknown_worker" | "no_duty" | "forbidden" | "failed";

export interface DayTold {
  worker_id: string;
  day: string;
  trouble: Trouble | null;
  /** Null while there is no result. */
  result: WorkerDay | null;
  track: Track | null;
  /** Null: not told. That is not the same as none. */
  findings: readonly Finding[] | null;
  passes: readonly CheckpointPass[];
  decisions: DayDecisions | null;
  appeals: readonly Appeal[];
}

const PROBLEMS: Record<string, Trouble> = {
  "unknown-worker": "unknown_worker", "no-duty": "no_duty", "not-permitted": "forbidden",
};

/** What went wrong with an answer, in a key of the words; null: nothing. */
export function troubleOf(answer: Answer<unknown>): Trouble | null {
  if (answer.ok || answer.problem === "not-assessed") return null;
  // An id that nobody can have is refused as what is asked for, not as a worker.
  if (answer.status === 422) return "unknown_worker";
  return PROBLEMS[answer.problem] ?? "failed";
}

/** Read a worker-day; beside the result everything may be missing. */
export async function readDay(holder: Holder, worker_id: string, day: string, language: Language): Promise<DayTold> {
  const path = `v1/workers/${encodeURIComponent(worker_id)}/days/${day}`;
  const told: DayTold = {
    worker_id, day, trouble: null, result: null, track: null, findings: null, passes: [], decisions: null, appeals: [],
  };
  const result = await read<WorkerDay>(holder, `${path}?lang=${language}`);
  told.trouble = troubleOf(result);
  if (told.trouble !== null) return told;
  if (result.ok) told.result = result.body;
  const these = `worker_id=${encodeURIComponent(worker_id)}&from=${day}&to=${day}`;
  const [track, findings, passes, decisions, appeals] = await Promise.all([
    read<Track>(holder, `${path}/track?form=lines`),
    read<{ findings: Finding[] }>(holder, `v1/findings?${these}&limit=500&lang=${language}`),
    read<{ passes: CheckpointPass[] }>(holder, `v1/checkpoint-passes?${these}&limit=500`),
    read<DayDecisions>(holder, `${path}/corrections`),
    read<{ appeals: Appeal[] }>(holder, `v1/appeals?worker_id=${encodeURIComponent(worker_id)}&limit=500`),
  ]);
  return {
    ...told,
    track: track.ok ? track.body : null,
    findings: findings.ok ? findings.body.findings : null,
    passes: passes.ok ? passes.body.passes : [],
    decisions: decisions.ok ? decisions.body : null,
    appeals: appeals.ok ? appealsOf(appeals.body.appeals, day) : [],
  };
}

/** The appeals about a day, or about the month that it lies in. */
export function appealsOf(appeals: readonly Appeal[], day: string): Appeal[] {
  return appeals.filter((one) => one.day === day || (one.about === "month" && one.day.slice(0, 7) === day.slice(0, 7)));
}

type OrderPlace = { order_id: string; lat_deg: number | null; lon_deg: number | null; reporter_worker: string | null };
interface Category { code: string; names: Record<string, string> }
type WholeOrder = OrderPlace & { reports: DayReport["report"][] };
// A report may come this much later than it was taken: terminals keep what they cannot send.
const LATE_MS = 3 * 86_400_000;

/** Reports with photos that the worker took within duty; their orders are looked through for them. */
export async function readReports(holder: Holder, result: WorkerDay): Promise<DayReport[]> {
  const begin = Math.min(...result.duty.map((one) => Date.parse(one.start_at)));
  const end = Math.max(...result.duty.map((one) => Date.parse(one.end_at)));
  const span = `opened_from=${new Date(begin).toISOString()}&opened_before=${new Date(end + LATE_MS).toISOString()}`;
  const lists = await Promise.all(result.grid_ids.map((grid) =>
    read<{ orders: OrderPlace[] }>(holder, `v1/orders?grid_id=${encodeURIComponent(grid)}&${span}&limit=500`)));
  const own = lists.flatMap((list) => (list.ok ? list.body.orders : []))
    .filter((order) => order.reporter_worker === result.worker_id);
  if (own.length === 0) return [];
  const [workflow, ...whole] = await Promise.all([
    read<{ categories: Category[] }>(holder, "v1/workflow"),
    ...own.map((order) => read<WholeOrder>(holder, `v1/orders/${order.order_id}`)),
  ]);
  const categories = workflow.ok ? workflow.body.categories : [];
  return whole.flatMap((one) => (one.ok ? reportsOf(one.body, categories, begin, end) : []));
}

function reportsOf(order: WholeOrder, categories: readonly Category[], begin: number, end: number): DayReport[] {
  return order.reports
    .filter(({ photos, taken_at }) => photos.length > 0 && Date.parse(taken_at) >= begin && Date.parse(taken_at) < end)
    .map((report) => ({
      report, lat_deg: order.lat_deg, lon_deg: order.lon_deg,
      names: categories.find((one) => one.code === report.category)?.names ?? null,
    }));
}
