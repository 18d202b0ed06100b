/** A finding that is looked at: what was seen, what was said, every step, and the decision. */
import { useEffect, useState } from "preact/hooks";
import { Steps } from "../day/findings";
import { fill, tellDay, tellMoment } from "../day/moments";
import { tellSpan } from "../day/telling";
import type { Holder } from "../session";
import type { Language } from "../words";
import { hashOf } from "../workerday/place";
import { decide, readHistory, refusalOf, type Decision, type Finding, type Given, type History, type Reasons, type Refusal } from "./asking";
import { DecisionForm } from "./deciding";
import { FINDINGS_WORDS } from "./words";

interface OpenedGiven {
  holder: Holder;
  finding: Finding;
  reasons: Reasons | null;
  language: Language;
  /** The decision that a key has begun. */
  begun: Decision | null;
  onBegin: (decision: Decision | null) => void;
  /** It is another one now: decided here, or by somebody else. */
  onChanged: (how: Decision | Refusal) => void;
}

// It may not be in the list any more when it is read again: the list tells of these.
const OTHER_NOW: readonly Refusal[] = ["changed", "no_step", "gone"];

export function Opened({ holder, finding, reasons, language, begun, onBegin, onChanged }: OpenedGiven) {
  const words = FINDINGS_WORDS[language];
  const [history, setHistory] = useState<History | null>(null);
  const [draft, setDraft] = useState<Given>({ status: "dismissed", reason_code: "", text: "" });
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  useEffect(() => {
    let left = false;
    void readHistory(holder, finding.finding_id, language).then((answer) => { if (!left && answer.ok) setHistory(answer.body); });
    return () => { left = true; };
  }, [holder, finding.finding_id, finding.revision, language]);
  useEffect(() => { if (begun !== null) setDraft((before) => before.status === begun ? before : { ...before, status: begun, reason_code: "" }); }, [begun]);
  const offered = offeredOf(history);
  const submit = async () => {
    setBusy(true);
    const answer = await decide(holder, finding, draft);
    setBusy(false);
    const refusal = answer.ok ? null : refusalOf(answer.problem);
    const isOther = refusal !== null && OTHER_NOW.includes(refusal);
    setRefusal(isOther ? null : refusal);
    if (answer.ok) onBegin(null);
    if (refusal === null) onChanged(draft.status);
    else if (isOther) onChanged(refusal);
  };
  return (
    <section class="opened" aria-label={finding.text} data-finding={finding.finding_id} data-status={finding.status}>
      <Facts finding={finding} history={history} language={language} />
      {refusal !== null && <p role="alert">{words[`r_${refusal}`]}</p>}
      {reasons !== null && offered.length > 0 && (begun === null
        ? <div class="acts">{offered.map((one) => <button key={one} type="button" onClick={() => onBegin(one)}>{words[one === "upheld" ? "uphold" : "dismiss"]}</button>)}</div>
        : <DecisionForm {...{ offered, draft, reasons, language, busy }} submit={words.submit} onDraft={setDraft} onSubmit={() => void submit()} onCancel={() => onBegin(null)} />)}
      <Steps holder={holder} path={`v1/findings/${finding.finding_id}/history`} revision={finding.revision} language={language} />
      <p><a href={hashOf("day", { worker_id: finding.worker_id, day: finding.day })}>{words.open_day}</a></p>
    </section>
  );
}

/** What may be decided about it by its state; what was decided is turned by an appeal alone. */
export function offeredOf(history: History | null): Decision[] {
  if (history === null || (history.status !== "new" && history.status !== "explained")) return [];
  return (["upheld", "dismissed"] as const).filter((one) => history.next_statuses.includes(one));
}

function Facts({ finding, history, language }: { finding: Finding; history: History | null; language: Language }) {
  const words = FINDINGS_WORDS[language];
  const span = { start_ms: Date.parse(finding.start_at), end_ms: Date.parse(finding.end_at) };
  return (
    <>
      <h3>{finding.text}</h3>
      <p><span class={`badge ${finding.status}`}>{words[`status_${finding.status}`]}</span> {finding.worker_name} ({finding.worker_id}) · {tellDay(finding.day, language)} · {tellSpan(span, language)}
        {!finding.is_found && ` · ${words.not_found_now}`}</p>
      <p>{finding.explanation === null ? words.said_nothing : <>{words.said}: <q>{finding.explanation}</q></>}</p>
      {finding.decided_at !== null && <p>{fill(words.decided, { who: finding.decided_by ?? "", at: tellMoment(finding.decided_at, language) })}
        {finding.decision_reason !== null && <>: <q>{finding.decision_reason}</q></>}</p>}
      {history !== null && history.appeal_until !== null && <p>{fill(words.appeal_until, { at: tellMoment(history.appeal_until, language) })}</p>}
    </>
  );
}
