/** The timeline as tables: everything that a pointer shows, for reading. */
import type { Language } from "../words";
import type { PresenceInterval, Visit } from "./facts";
import { GoThere } from "./findings";
import type { Lane, Piece } from "./lanes";
import { fill, tellClock, tellLength } from "./moments";
import { nameOf, tellVisit, type Said } from "./telling";
import { DAY_WORDS } from "./words";

interface VisitsGiven { visits: readonly Visit[]; language: Language; onMoment?: (at_ms: number) => void }

/** Visits in the order of their begins, with the numbers that they have on the map. */
export function Visits({ visits, language, onMoment }: VisitsGiven) {
  const words = DAY_WORDS[language];
  if (visits.length === 0) return <p>{words.visits_none}</p>;
  return (
    <ol class="visits">
      {visits.map((visit) => (
        <li>
          <p><strong>{nameOf(visit)}</strong> {tellClock(visit.start_at, language)}–{tellClock(visit.end_at, language)}, {tellLength(visit.duration_s, language)}</p>
          <p>{fill(words.grade, { grade: visit.grade })}{language === "zh" ? "" : " "}{words[`grade_${visit.grade.toLowerCase() as "a" | "b" | "c"}_why`]}{language === "zh" ? "" : " "}
            {tellVisit(visit, language).join(" · ")}</p>
          {onMoment && <GoThere at={visit.start_at} language={language} onMoment={onMoment} />}
        </li>
      ))}
    </ol>
  );
}

interface PresenceGiven { lanes: readonly Lane[]; language: Language; tell: (piece: Piece) => Said }

export function PresenceTable({ lanes, language, tell }: PresenceGiven) {
  const words = DAY_WORDS[language];
  const rows = lanes.filter((lane) => lane.name === "presence" || lane.name === "excused").flatMap((lane) => lane.pieces)
    .sort((a, b) => a.start_ms - b.start_ms);
  return (
    <div class="scrolled" tabIndex={0} role="region" aria-label={words.presence_table}>
      <table>
        <caption>{words.presence_table}</caption>
        <thead><tr><th scope="col">{words.from}</th><th scope="col">{words.to}</th><th scope="col">{words.length}</th>
          <th scope="col">{words.state}</th><th scope="col">{words.evidence}</th></tr></thead>
        <tbody>{rows.map((piece) => (
          <tr key={piece.key}><td>{tellClock(piece.start_ms, language, true)}</td><td>{tellClock(piece.end_ms, language, true)}</td>
            <td>{tellLength((piece.end_ms - piece.start_ms) / 1000, language)}</td>
            <td><StateTold state={piece.kind as PresenceInterval["state"] | "excused"} language={language} /></td>
            <td>{tell(piece).evidence.join(language === "zh" ? "；" : "; ")}</td></tr>
        ))}</tbody>
      </table>
    </div>
  );
}

function StateTold({ state, language }: { state: PresenceInterval["state"] | "excused"; language: Language }) {
  return <><span class={`swatch_piece ${state}`} aria-hidden="true" /> {DAY_WORDS[language][state]}</>;
}
