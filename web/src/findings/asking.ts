/** What the inbox of findings asks, and what it sends. */
import { read, send, type Answer } from "../day/reading";
import { today, movedDay } from "../day/moments";
import type { components } from "../schema";
import type { Holder } from "../session";
import type { Language } from "../words";

type Schemas = components["schemas"];
export type Finding = Schemas["Finding"];
export type History = Schemas["History"];
export type ReasonCode = Schemas["ReasonCode"];
export type Decision = "upheld" | "dismissed";
export type Reasons = Record<Decision, readonly ReasonCode[]>;

export interface Wanted { from: string; to: string; waiting: boolean; worker_id: string }

const A_PAGE = 500;

/** The last 31 days, and of them what waits. */
export function firstWanted(now = new Date()): Wanted {
  const to = today(now);
  return { from: movedDay(to, -30), to, waiting: true, worker_id: "" };
}

/** Whether somebody has to decide it still; what later facts took away waits for nobody. */
export function waits({ status, is_found }: Finding): boolean {
  return is_found && (status === "new" || status === "explained");
}

export interface Page { findings: Finding[]; next_cursor: string | null }

export function readPage(holder: Holder, { from, to, worker_id }: Wanted, { cursor, language }: { cursor: string | null; language: Language }): Promise<Answer<Page>> {
  const asked = new URLSearchParams({ from, to, limit: String(A_PAGE), lang: language });
  if (worker_id !== "") asked.set("worker_id", worker_id);
  if (cursor !== null) asked.set("cursor", cursor);
  return read<Page>(holder, `v1/findings?${asked.toString()}`);
}

export async function readReasons(holder: Holder, language: Language): Promise<Reasons | null> {
  const answer = await read<Schemas["AllReasonCodes"]>(holder, `v1/reason-codes?lang=${language}`);
  if (!answer.ok) return null;
  const codes = (decision: string) => answer.body.decisions.find((one) => one.decision === decision)?.codes ?? [];
  // An appeal is granted as an appeal: it dismisses the finding by itself.
  return { upheld: codes("finding_upheld"), dismissed: codes("finding_dismissed").filter((one) => one.reason_code !== "appeal_granted") };
}

export function readHistory(holder: Holder, finding_id: number, language: Language): Promise<Answer<History>> {
  return read<History>(holder, `v1/findings/${finding_id}/history?lang=${language}`);
}

export interface Given { status: Decision; reason_code: string; text: string }

export function decide(holder: Holder, { finding_id, revision }: Pick<Finding, "finding_id" | "revision">, given: Given): Promise<Answer<History>> {
  return send<History>(holder, `v1/findings/${finding_id}/decision`, { ...given, revision });
}

export type Refusal = "changed" | "not_yet" | "another_person" | "frozen" | "no_step" | "gone" | "not_taken" | "failed";

const REFUSALS: Record<string, Refusal> = {
  "changed-meanwhile": "changed", "not-yet": "not_yet", "another-person": "another_person", "month-frozen": "frozen",
  "no-such-step": "no_step", "unknown-subject": "gone", "invalid-request": "not_taken",
};

/** Why it was not done, in a key of the words. */
export function refusalOf(problem: string): Refusal {
  return REFUSALS[problem] ?? "failed";
}

export interface Bulk { done: number; refused: readonly { finding: Finding; refusal: Refusal }[] }

/** Decide several, one after the other, each answered by itself; `onDone` after each. */
export async function decideAll(holder: Holder, findings: readonly Finding[], given: Given, onDone: (count: number) => void): Promise<Bulk> {
  const refused: { finding: Finding; refusal: Refusal }[] = [];
  for (const [at, finding] of findings.entries()) {
    const answer = await decide(holder, finding, given);
    if (!answer.ok) refused.push({ finding, refusal: refusalOf(answer.problem) });
    onDone(at + 1);
  }
  return { done: findings.length - refused.length, refused };
}
