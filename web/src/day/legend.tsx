/** What the patterns of the timeline mean: those that are there. */
import type { Language } from "../words";
import type { Lane } from "./lanes";
import { DAY_WORDS } from "./words";

export function Legend({ lanes, language }: { lanes: readonly Lane[]; language: Language }) {
  const words = DAY_WORDS[language];
  const kinds = [...new Set(lanes.flatMap((lane) => lane.pieces.map((piece) => piece.kind)))];
  return (
    <ul class="day_legend" aria-label={words.legend}>
      {kinds.map((kind) => <li key={kind}><span class={`swatch_piece ${kind}`} aria-hidden="true" /> {words[kind]}</li>)}
    </ul>
  );
}
