/** The timeline of a worker-day: lanes of pieces, each of which tells what it rests on. */
import { useMemo, useState } from "preact/hooks";
import type { Language } from "../words";
import { hoursOf, laid, type Lane, type Piece } from "./lanes";
import { tellClock, tellZone } from "./moments";
import type { Span } from "./playing";
import type { Said } from "./telling";
import { DAY_WORDS } from "./words";

export interface TimelineGiven {
  lanes: readonly Lane[];
  whole: Span;
  duty: readonly Span[];
  at_ms: number;
  language: Language;
  tell: (piece: Piece) => Said;
  onMoment: (at_ms: number) => void;
}

export function Timeline({ lanes, whole, duty, at_ms, language, tell, onMoment }: TimelineGiven) {
  const words = DAY_WORDS[language];
  const [told, setTold] = useState<Piece | null>(null);
  const onKeyDown = (event: KeyboardEvent) => { if (event.key === "Escape") setTold(null); };
  // Not made anew for each frame that is played: every piece is told whole.
  const rows = useMemo(() => lanes.map((lane) => (
    <LaneRow key={lane.name} lane={lane} whole={whole} language={language} tell={tell} onTold={setTold} onMoment={onMoment} />
  )), [lanes, whole, language, tell]);
  return (
    <section class="timeline" aria-labelledby="timeline-name" onKeyDown={onKeyDown}>
      <h3 id="timeline-name">{words.timeline}</h3>
      <div class="lanes">
        {rows}
        <Hours whole={whole} language={language} />
        <div class="over" aria-hidden="true">
          {gapsOf(duty).map((gap) => <span class="off" style={placed(gap, whole)}>{words.off}</span>)}
          <span class="cursor" style={{ left: `${laid({ start_ms: at_ms, end_ms: at_ms }, whole).left_pct}%` }} />
        </div>
      </div>
      <Evidence said={told === null ? null : tell(told)} language={language} />
      <p class="quiet">{words.timeline_help} {words.zone.replace("{zone}", tellZone(language, whole.start_ms))}</p>
    </section>
  );
}

function Evidence({ said, language }: { said: Said | null; language: Language }) {
  const words = DAY_WORDS[language];
  return (
    <div class="evidence" data-testid="evidence">
      {said === null ? <p class="quiet">{words.point_at}</p> : <>
        <p><strong>{said.title}</strong> {said.when}</p>
        {said.evidence.map((line) => <p>{line}</p>)}
      </>}
    </div>
  );
}

type RowGiven = Pick<TimelineGiven, "whole" | "language" | "tell" | "onMoment"> & { lane: Lane; onTold: (piece: Piece) => void };

function LaneRow({ lane, whole, language, tell, onTold, onMoment }: RowGiven) {
  // One stop of the Tab key a lane: a day may have a hundred pieces.
  const [stop, setStop] = useState(0);
  const words = DAY_WORDS[language];
  const here = Math.min(stop, lane.pieces.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const next = movedStop(event.key, here, lane.pieces.length);
    if (next === null) return;
    event.preventDefault();
    setStop(next);
    (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".piece")[next]?.focus();
  };
  return (
    <div class="lane" data-lane={lane.name}>
      <span class="lane_name" aria-hidden="true">{words[`lane_${lane.name}`]}</span>
      <div class="lane_axis" role="toolbar" aria-label={words[`lane_${lane.name}`]} onKeyDown={onKeyDown}>
        {lane.pieces.map((piece, i) => {
          const said = tell(piece);
          return (
            <button key={piece.key} type="button" class={`piece ${piece.kind}${isShort(piece, whole) ? " short" : ""}`} tabIndex={i === here ? 0 : -1}
              style={placed(piece, whole)} aria-label={[said.title, said.when, ...said.evidence].join("; ")}
              onFocus={() => { setStop(i); onTold(piece); }} onMouseEnter={() => onTold(piece)}
              onClick={() => { onTold(piece); onMoment(piece.start_ms); }} />
          );
        })}
      </div>
    </div>
  );
}

/** The stop that a key leads to; null: the key means nothing here. */
export function movedStop(key: string, here: number, count: number): number | null {
  if (key === "ArrowRight") return Math.min(count - 1, here + 1);
  if (key === "ArrowLeft") return Math.max(0, here - 1);
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}

function Hours({ whole, language }: { whole: Span; language: Language }) {
  const offset_min = -new Date(whole.start_ms).getTimezoneOffset();
  return (
    <div class="lane hours" aria-hidden="true">
      <span class="lane_name" />
      <div class="lane_axis">
        {hoursOf(whole, offset_min).map((at) => (
          <span class="hour" style={{ left: `${laid({ start_ms: at, end_ms: at }, whole).left_pct}%` }}>{tellClock(at, language)}</span>
        ))}
      </div>
    </div>
  );
}

function gapsOf(duty: readonly Span[]): Span[] {
  return duty.slice(1).map((span, i) => ({ start_ms: (duty[i] as Span).end_ms, end_ms: span.start_ms }));
}

// Of the axis: drawn as wide as a pointer can find, and so over its neighbours.
const SHORT_PCT = 1;

function isShort(piece: Piece, whole: Span): boolean {
  return laid(piece, whole).width_pct < SHORT_PCT;
}

function placed(span: Span, whole: Span): { left: string; width: string } {
  const { left_pct, width_pct } = laid(span, whole);
  return { left: `${left_pct}%`, width: `${width_pct}%` };
}
