/** Findings of a day: what was seen, what the worker said of it, what people decided, and every step. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Holder } from "../session";
import type { Language } from "../words";
import type { Finding, HistoryEvent } from "./facts";
import { fill, tellClock, tellMoment } from "./moments";
import { read } from "./reading";
import { tellSpan } from "./telling";
import { DAY_WORDS, type DayKey } from "./words";

interface FindingsGiven {
  holder: Holder;
  findings: readonly Finding[] | null;
  language: Language;
  /** What whoever looks may do about one. */
  acts?: (finding: Finding) => ComponentChildren;
  onMoment?: (at_ms: number) => void;
}

export function Findings({ holder, findings, language, acts, onMoment }: FindingsGiven) {
  const words = DAY_WORDS[language];
  if (findings === null) return <p role="alert">{words.not_told}</p>;
  if (findings.length === 0) return <p>{words.findings_none}</p>;
  return (
    <ul class="cards">
      {findings.map((finding) => (
        <li key={finding.finding_id} data-finding={finding.finding_id} data-status={finding.status}>
          <FindingCard finding={finding} language={language} />
          <Steps holder={holder} path={`v1/findings/${finding.finding_id}/history`} revision={finding.revision} language={language} />
          {onMoment && <GoThere at={finding.start_at} language={language} onMoment={onMoment} />}
          {acts?.(finding)}
        </li>
      ))}
    </ul>
  );
}

/** Sets the slider to a moment. */
export function GoThere({ at, language, onMoment }: { at: string; language: Language; onMoment: (at_ms: number) => void }) {
  return (
    <button type="button" class="small" onClick={() => onMoment(Date.parse(at))}>
      {fill(DAY_WORDS[language].go_there, { time: tellClock(at, language, true) })}</button>
  );
}

function FindingCard({ finding, language }: { finding: Finding; language: Language }) {
  const words = DAY_WORDS[language];
  const span = { start_ms: Date.parse(finding.start_at), end_ms: Date.parse(finding.end_at) };
  return (
    <>
      <p><strong>{finding.text}</strong></p>
      <p><span class={`badge ${finding.status}`}>{words[`finding_${finding.status}`]}</span> {tellSpan(span, language)}
        {!finding.is_found && ` · ${words.not_found_now}`}</p>
      <p>{finding.explanation === null ? words.said_nothing : <>{words.said} <q>{finding.explanation}</q></>}</p>
      {finding.decided_at !== null && <p>{fill(words.decided_by, { who: finding.decided_by ?? "", at: tellMoment(finding.decided_at, language) })}
        {finding.decision_reason !== null && <>: <q>{finding.decision_reason}</q></>}</p>}
    </>
  );
}

interface StepsGiven { holder: Holder; path: string; revision: number; language: Language }

/** Every step of something that is decided, read when it is opened. */
export function Steps({ holder, path, revision, language }: StepsGiven) {
  const words = DAY_WORDS[language];
  const [told, setTold] = useState<{ revision: number; events: HistoryEvent[] } | "failed" | null>(null);
  const open = async (event: Event) => {
    const isOpen = (event.currentTarget as HTMLDetailsElement).open;
    if (!isOpen || (told !== null && told !== "failed" && told.revision === revision)) return;
    const answer = await read<{ events: HistoryEvent[] }>(holder, `${path}?lang=${language}`);
    setTold(answer.ok ? { revision, events: answer.body.events } : "failed");
  };
  return (
    <details onToggle={(event) => void open(event)}>
      <summary>{words.steps}</summary>
      {told === "failed" && <p role="alert">{words.failed}</p>}
      {told !== null && told !== "failed" && <ol class="steps">{told.events.length === 0 && <li>{words.steps_none}</li>}{told.events.map((one) => (
        <li>{tellMoment(one.at, language)} · {one.actor} · {tellStep(one, language)}
          {one.reason && ` · ${words.reason} ${one.reason}`}{one.text && <>: <q>{one.text}</q></>}</li>
      ))}</ol>}
    </details>
  );
}

const STATUS_KEYS: Record<string, DayKey> = { in_force: "in_force_status", pending: "pending_status" };

/** A status in words; one that is not known, as it is told. */
export function tellStatus(status: string, language: Language): string {
  const words: Record<string, string> = DAY_WORDS[language];
  return words[STATUS_KEYS[status] ?? status] ?? status;
}

function tellStep({ from_status, to_status }: HistoryEvent, language: Language): string {
  const words = DAY_WORDS[language];
  const [from, to] = [tellStatus(from_status, language), tellStatus(to_status, language)];
  return from_status === "" ? fill(words.began, { to }) : fill(words.step, { from, to });
}
