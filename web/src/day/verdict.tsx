/** A verdict by shape, colour and word. */
import { COLOURS } from "../states";
import type { Language } from "../words";
import type { Verdict } from "./facts";
import { DAY_WORDS } from "./words";

const SHAPES: Record<Verdict, { path: string; colour: string }> = {
  met: { path: "M20 4a16 16 0 1 0 .01 0z", colour: COLOURS.inside },
  not_met: { path: "M20 3L38 36H2z", colour: COLOURS.outside },
  undetermined: { path: "M20 2L38 20L20 38L2 20z", colour: COLOURS.unknown },
};

export function VerdictMark({ verdict }: { verdict: Verdict }) {
  const { path, colour } = SHAPES[verdict];
  return <svg viewBox="0 0 40 40" class="mark" aria-hidden="true"><path d={path} fill={colour} /></svg>;
}

export function VerdictTold({ verdict, language }: { verdict: Verdict; language: Language }) {
  return <span class="verdict" data-verdict={verdict}><VerdictMark verdict={verdict} /> {DAY_WORDS[language][verdict]}</span>;
}
