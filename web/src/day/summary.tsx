/** The result of a worker-day: verdicts with what they rest on, and what is not known. */
import type { ComponentChildren } from "preact";
import type { Language } from "../words";
import type { Verdict, WorkerDay } from "./facts";
import { fill, tellLength, tellMoment } from "./moments";
import { VerdictTold } from "./verdict";
import { DAY_WORDS } from "./words";

export interface SummaryGiven { result: WorkerDay; language: Language }

export function Summary({ result, language }: SummaryGiven) {
  const words = DAY_WORDS[language];
  const length = (length_s: number) => tellLength(length_s, language);
  const spans: [string, number][] = [
    [words.outside_time, result.outside_s], [words.unknown_time, result.unknown_s], [words.excused_time, result.excused_s],
  ];
  const rest = spans.filter(([, time_s]) => time_s > 0).map(([text, time_s]) => fill(text, { time: length(time_s) }));
  return (
    <div class="summary">
      <Result name={words.in_grid} measured={result.presence_verdict} decided={result.decided_presence_verdict}
        reason={reasonOf(result.presence_reason, result.presence_reason_values, result.presence_low_s, result.presence_high_s, language)} language={language}>
        <p>{fill(words.best_of_duty, { best: length(result.inside_s), duty: length(result.duty_s) })}</p>
        {rest.length > 0 && <p>{rest.join(" · ")}</p>}
        <Decided measured_s={result.inside_s} decided_s={result.decided_inside_s} language={language} />
      </Result>
      <Result name={words.home_visits} measured={result.visit_verdict} decided={result.decided_visit_verdict}
        reason={reasonOf(result.visit_reason, result.visit_reason_values, result.visit_low_s, result.visit_high_s, language)} language={language}>
        <p>{fill(words.best, { best: length(result.visit_s) })}</p>
        <p>{fill(words.grades, { a: length(result.visit_a_s), b: length(result.visit_b_s), c: length(result.visit_c_s) })}</p>
        <Decided measured_s={result.visit_s} decided_s={result.decided_visit_s} language={language} />
      </Result>
      <div class="standing_notes">
        {notesOf(result, language).map((note) => <p role="note">{note}</p>)}
        <p class="quiet">{fill(words.judged_at, { at: tellMoment(result.assessed_at, language), fixes: result.fixes })}</p>
      </div>
    </div>
  );
}

interface ResultGiven {
  name: string; measured: Verdict; decided: Verdict; reason: string; language: Language; children: ComponentChildren;
}

function Result({ name, measured, decided, reason, language, children }: ResultGiven) {
  const words = DAY_WORDS[language];
  return (
    <div class="result" role="group" aria-label={name}>
      <h3>{name}</h3>
      {measured === decided ? <p><VerdictTold verdict={decided} language={language} /></p> : <p>
        {words.decided} <VerdictTold verdict={decided} language={language} />{" "}
        <small>({words.measured} <VerdictTold verdict={measured} language={language} />)</small></p>}
      <p>{reason}</p>
      {children}
    </div>
  );
}

function Decided({ measured_s, decided_s, language }: { measured_s: number; decided_s: number; language: Language }) {
  const words = DAY_WORDS[language];
  if (measured_s === decided_s) return null;
  return <p>{words.measured} {tellLength(measured_s, language)}, {words.decided} {tellLength(decided_s, language)}</p>;
}

/** The reason of a verdict, with the bounds where it does not name them. */
function reasonOf(reason: string, values: object | null, low_s: number, high_s: number, language: Language): string {
  if (values !== null && "low_s" in values) return reason;
  const length = (length_s: number) => tellLength(length_s, language);
  return `${reason} (${fill(DAY_WORDS[language].between, { low: length(low_s), high: length(high_s) })})`;
}

/** What is to be known of a result beside its figures. */
export function notesOf(result: WorkerDay, language: Language): string[] {
  const words = DAY_WORDS[language];
  return [
    ...(result.is_current ? [] : [words.not_current]),
    ...(result.is_frozen ? [words.frozen] : []),
    ...(result.recomputed_differs_in.length > 0 ? [words.frozen_differs] : []),
    ...(result.corrections > 0 ? [`${words.corrections}: ${fill(words.in_force, { count: result.corrections })}`] : []),
    ...(result.pending_corrections > 0 ? [`${words.corrections}: ${fill(words.pending, { count: result.pending_corrections })}`] : []),
  ];
}
