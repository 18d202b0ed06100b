/** What the inbox of work orders asks, and what it sends. */
import { read, send, type Answer } from "../day/reading";
import type { components } from "../schema";
import type { Holder } from "../session";
import type { Language } from "../words";

type Schemas = components["schemas"];
export type Order = Schemas["Order"];
export type OrderWhole = Schemas["OrderWhole"];
export type OrderEvent = Schemas["OrderEvent"];
export type LegalAct = Schemas["LegalAct"];
export type Workflow = Schemas["WorkflowTold"];
export type Department = Schemas["Department"];
export type Done = Schemas["Done"];
export type Waiting = Schemas["Waiting"];
export type Severity = Order["severity"];

export const SEVERITIES: readonly Severity[] = ["low", "normal", "high", "urgent"];

/** What is listed: what waits for whoever asks, with what waits below them, or all within reach. */
export type Which = "mine" | "below" | "open" | "ended";
export const WHICH: readonly Which[] = ["mine", "below", "open", "ended"];

export interface Wanted { which: Which; category: string; overdue: boolean }

export interface Page { orders: Order[]; waiting: Waiting | null; next_cursor: string | null }

const A_PAGE = 200;

export function pathOf({ which, category, overdue }: Wanted): string {
  const asked = new URLSearchParams({ limit: String(A_PAGE) });
  if (category !== "") asked.set("category", category);
  if (overdue) asked.set("overdue", "true");
  if (which === "below") asked.set("below", "true");
  if (which === "open" || which === "ended") asked.set("state", which);
  return `v1/orders${which === "mine" || which === "below" ? "/inbox" : ""}?${asked.toString()}`;
}

export async function readPage(holder: Holder, wanted: Wanted): Promise<Answer<Page>> {
  const answer = await read<Omit<Page, "waiting"> & Partial<Page>>(holder, pathOf(wanted));
  return answer.ok ? { ok: true, body: { waiting: null, ...answer.body } } : answer;
}

export function readOrder(holder: Holder, order_id: string, language: Language): Promise<Answer<OrderWhole>> {
  return read<OrderWhole>(holder, `v1/orders/${order_id}?lang=${language}`);
}

export interface Setting { workflow: Workflow | null; departments: readonly Department[] }

/** Names of steps, categories and departments. */
export async function readSetting(holder: Holder): Promise<Setting> {
  const [workflow, departments] = await Promise.all([
    read<Workflow>(holder, "v1/workflow"), read<{ departments: Department[] }>(holder, "v1/departments"),
  ]);
  return { workflow: workflow.ok ? workflow.body : null, departments: departments.ok ? departments.body.departments : [] };
}

export type Kind = "steps" | "categories" | "reasons" | "levels" | "acts";

/** What something of the workflow is called; one of another version, by its code. */
export function nameOf(workflow: Workflow | null, kind: Kind, code: string, language: Language): string {
  const named: readonly { code: string; names: Record<string, string> }[] = workflow?.[kind] ?? [];
  return named.find((one) => one.code === code)?.names[language] ?? code;
}

/** What is filled in for an act; what it does not take stays empty. */
export interface Draft { reason_code: string; text: string; department_id: string; category: string; severity: string; grid_id: string }

export const EMPTY: Draft = { reason_code: "", text: "", department_id: "", category: "", severity: "", grid_id: "" };

/** What is sent of a draft: nothing of it that is empty. */
export function givenOf(act: string, revision: number, draft: Draft, photos: readonly string[]): Record<string, unknown> {
  const filled = Object.entries(draft).map(([key, value]) => [key, value.trim()] as const).filter(([, value]) => value !== "");
  return { act, revision, ...Object.fromEntries(filled), ...(photos.length > 0 ? { photos } : {}) };
}

export function act(holder: Holder, order_id: string, given: object, language: Language): Promise<Answer<OrderWhole>> {
  return send<OrderWhole>(holder, `v1/orders/${order_id}/acts?lang=${language}`, given);
}

export function actOnAll(holder: Holder, given: readonly object[]): Promise<Answer<{ acts: Done[] }>> {
  return send<{ acts: Done[] }>(holder, "v1/orders/acts", { acts: given });
}

// Others have routes of their own.
const ELSEWHERE = new Set(["split", "merge"]);

/** The legal acts that are offered here. */
export function offeredOf(legal: readonly LegalAct[]): LegalAct[] {
  return legal.filter((one) => !ELSEWHERE.has(one.kind));
}

/** The acts that may be done to all of them: legal for each, needing the same, and nothing of one order alone. */
export function commonOf(orders: readonly OrderWhole[]): LegalAct[] {
  const [first, ...others] = orders.map((one) => offeredOf(one.legal));
  const sameAs = (one: LegalAct) => (other: LegalAct) => other.act === one.act && other.needs.join() === one.needs.join();
  return (first ?? []).filter((one) => one.kind !== "classify" && !one.needs.includes("photo") && others.every((legal) => legal.some(sameAs(one))));
}

export type Refusal = "changed" | "illegal" | "gone" | "not_taken" | "failed";

const REFUSALS: Record<string, Refusal> = {
  "changed-meanwhile": "changed", "illegal-act": "illegal", "unknown-order": "gone", "invalid-request": "not_taken",
};

/** Why it was not done, in a key of the words. */
export function refusalOf(problem: string): Refusal {
  return REFUSALS[problem.split(":").pop() ?? ""] ?? "failed";
}
