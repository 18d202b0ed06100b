/** The slider over a worker-day, and what plays it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Language } from "../words";
import type { WorkerDay } from "./facts";
import { standingAt } from "./lanes";
import { fill, tellClock } from "./moments";
import { placeAt, stepped, type Place, type Run, type Span } from "./playing";
import { nameOf } from "./telling";
import { DAY_WORDS } from "./words";

const SPEEDS = [60, 300, 900] as const;
// Of the keyboard, in seconds; receivers give a fix about so often.
const STEP_S = 10;

export interface PlayerGiven {
  result: WorkerDay | null;
  runs: readonly Run[];
  whole: Span;
  duty: readonly Span[];
  at_ms: number;
  language: Language;
  onMoment: (at_ms: number) => void;
}

export function Player({ result, runs, whole, duty, at_ms, language, onMoment }: PlayerGiven) {
  const words = DAY_WORDS[language];
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(SPEEDS[1]);
  // What a frame needs is read from here: a frame that was asked for earlier must not set the moment back.
  const moment = useRef(at_ms);
  moment.current = at_ms;
  useEffect(() => {
    if (!playing) return;
    let before = performance.now();
    let frame = requestAnimationFrame(function go(now: number) {
      const next = stepped(duty, moment.current, (now - before) * speed);
      before = now;
      moment.current = next;
      onMoment(next);
      if (next >= whole.end_ms) setPlaying(false);
      else frame = requestAnimationFrame(go);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, speed, duty, whole]);
  const flip = () => {
    if (!playing && at_ms >= whole.end_ms) onMoment(whole.start_ms);
    setPlaying(!playing);
  };
  const told = tellStanding(result, placeAt(runs, at_ms), at_ms, language);
  return (
    <div class="player">
      <button type="button" class="play" aria-pressed={playing} onClick={flip}>
        <span aria-hidden="true">{playing ? "❚❚" : "▶"}</span> {playing ? words.pause : words.play}
      </button>
      <label>{words.speed} <select value={speed} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
        {SPEEDS.map((factor) => <option value={factor}>{fill(words.times, { factor })}</option>)}
      </select></label>
      <p class="standing" data-testid="standing">{told}</p>
      <div class="lane slider"><span class="lane_name" aria-hidden="true">{words.moment}</span>
        <input type="range" class="moment" aria-label={words.moment} aria-valuetext={told} step={STEP_S}
          min={0} max={(whole.end_ms - whole.start_ms) / 1000} value={(at_ms - whole.start_ms) / 1000}
          onInput={(event) => onMoment(whole.start_ms + Number(event.currentTarget.value) * 1000)} />
      </div>
    </div>
  );
}

/** Time, presence, visit and fix of a moment, in words. */
export function tellStanding(result: WorkerDay | null, place: Place, at_ms: number, language: Language): string {
  const words = DAY_WORDS[language];
  const { state, visit } = standingAt(result, at_ms);
  const said = [tellClock(at_ms, language, true), words[state ?? "not_judged"]];
  if (visit !== null) said.push(`${words.home_visits}: ${nameOf(visit)}`);
  if (state !== "off_duty") said.push(tellPlace(place, language));
  return said.join(" · ");
}

function tellPlace(place: Place, language: Language): string {
  const words = DAY_WORDS[language];
  if (place.near === null) return words.no_fix_yet;
  const at = tellClock(place.near.at_ms, language, true);
  if (!place.known) return fill(words.no_fix_since, { at });
  const accuracy = place.accuracy_m === null ? words.accuracy_unknown
    : fill(words.accuracy, { metres: Math.round(place.accuracy_m) });
  return `${fill(words.fix_of, { at })}, ${accuracy}`;
}
