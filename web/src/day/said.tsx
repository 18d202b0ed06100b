/** What was said and decided beside findings: corrections of the day, and appeals. */
import type { Holder } from "../session";
import type { Language } from "../words";
import type { Appeal, Correction } from "./facts";
import { Steps, tellStatus } from "./findings";
import { fill, tellClock, tellLength, tellMoment } from "./moments";
import { DAY_WORDS } from "./words";

interface SaidGiven<T> { holder: Holder; given: readonly T[]; language: Language }

export function Appeals({ holder, given, language }: SaidGiven<Appeal>) {
  const words = DAY_WORDS[language];
  return (
    <ul class="cards">{given.map((one) => (
      <li key={one.appeal_id}>
        <p><strong>{fill(words.appeal_of, { about: words[`about_${one.about}`], at: tellMoment(one.filed_at, language) })}</strong></p>
        <p><span class={`badge ${one.status}`}>{tellStatus(one.status, language)}</span></p>
        <p>{words.said} <q>{one.text}</q></p>
        {one.decided_at !== null && <p>{fill(words.decided_by, { who: one.decided_by ?? "", at: tellMoment(one.decided_at, language) })}
          {one.decision_text !== null && <>: <q>{one.decision_text}</q></>}</p>}
        <Steps holder={holder} path={`v1/appeals/${one.appeal_id}/history`} revision={one.revision} language={language} />
      </li>
    ))}</ul>
  );
}

export function Corrections({ holder, given, language }: SaidGiven<Correction>) {
  const words = DAY_WORDS[language];
  return (
    <ul class="cards">{given.map((one) => (
      <li key={one.correction_id}>
        <p><strong>{tellCorrection(one, language)}</strong></p>
        <p><span class={`badge ${one.status}`}>{tellStatus(one.status, language)}</span>{" "}
          {fill(words.proposed_by, { who: one.proposed_by, at: tellMoment(one.proposed_at, language) })}</p>
        <p><q>{one.text}</q></p>
        <Steps holder={holder} path={`v1/corrections/${one.correction_id}/history`} revision={one.revision} language={language} />
      </li>
    ))}</ul>
  );
}

function tellCorrection(one: Correction, language: Language): string {
  const words = DAY_WORDS[language];
  const said: string[] = [words[one.kind]];
  if (one.decided_s !== null) said.push(fill(words.decided_to, { time: tellLength(one.decided_s, language) }));
  if (one.start_at !== null && one.end_at !== null) said.push(`${tellClock(one.start_at, language)}–${tellClock(one.end_at, language)}`);
  if (one.premises_id !== null) said.push(one.premises_id);
  return said.join(" · ");
}
