/** A worker-day whole: result, map with slider, timeline, tables, findings, what was said, files. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Holder } from "../session";
import type { Language } from "../words";
import "./day.css";
import { dayExports, Exports } from "./exports";
import type { DayReport, Finding, WorkerDay } from "./facts";
import { Findings } from "./findings";
import { lanesOf } from "./lanes";
import { Legend } from "./legend";
import { Mapped } from "./mapped";
import { Photos } from "./photos";
import { Player } from "./player";
import { dutySpans, runsOf, wholeOf, type Span } from "./playing";
import { readReports, type DayTold } from "./reading";
import { Appeals, Corrections } from "./said";
import { Summary } from "./summary";
import { PresenceTable, Visits } from "./tables";
import { teller } from "./telling";
import { Timeline } from "./timeline";
import type { Theme } from "./trackmap";
import { DAY_WORDS } from "./words";

export interface DayGiven {
  holder: Holder;
  told: DayTold;
  language: Language;
  theme: Theme;
  /** What whoever looks may do about a finding. */
  acts?: (finding: Finding) => ComponentChildren;
  /** The map is loaded when this button is pressed: a phone pays for what it loads. */
  mapWhenAsked?: string;
}

export function DayWhole({ holder, told, language, theme, acts, mapWhenAsked }: DayGiven) {
  const words = DAY_WORDS[language];
  const { result, track } = told;
  const duty = useMemo(() => dutySpans(result?.duty ?? track?.duty ?? []), [result, track]);
  const whole = useMemo(() => wholeOf(duty), [duty]);
  const [at_ms, setAt] = useState(whole?.start_ms ?? 0);
  const reports = useReports(holder, result);
  // Made anew when the day changes, and not at every frame that is played.
  const beside = useMemo(() => <Beside {...{ holder, told, language, acts, reports }} onMoment={setAt} />, [holder, told, language, acts, reports]);
  return (
    <div class="day_whole">
      {result === null ? <p role="status">{words.not_assessed}</p> : <Summary result={result} language={language} />}
      {whole !== null && <Seen {...{ holder, told, language, theme, reports, duty, whole, at_ms, mapWhenAsked }} onMoment={setAt} />}
      {beside}
    </div>
  );
}

type BesideGiven = Omit<DayGiven, "theme" | "mapWhenAsked"> & { reports: readonly DayReport[]; onMoment: (at_ms: number) => void };

/** What is read beside the map: visits, findings, what was said, photos, files. */
function Beside({ holder, told, language, acts, reports, onMoment }: BesideGiven) {
  const words = DAY_WORDS[language];
  const { result, appeals } = told;
  const corrections = told.decisions?.corrections ?? [];
  return (
    <div class="beside">
      <section aria-labelledby="findings-name">
        <h3 id="findings-name">{words.findings}</h3>
        <Findings holder={holder} findings={told.findings} language={language} acts={acts} onMoment={onMoment} />
      </section>
      {appeals.length > 0 && <section><h3>{words.appeals}</h3><Appeals holder={holder} given={appeals} language={language} /></section>}
      {corrections.length > 0 && <section><h3>{words.corrections}</h3><Corrections holder={holder} given={corrections} language={language} /></section>}
      {result !== null && <section aria-labelledby="visits-name">
        <h3 id="visits-name">{words.home_visits}</h3>
        <Visits visits={result.visits} language={language} onMoment={onMoment} />
      </section>}
      {reports.length > 0 && <Photos holder={holder} reports={reports} language={language} />}
      <section aria-labelledby="exports-name">
        <h3 id="exports-name">{words.exports}</h3>
        <p class="quiet">{words.exports_logged}</p>
        <Exports holder={holder} exports={dayExports(told.worker_id, told.day, words)} failed={words.export_failed} />
      </section>
    </div>
  );
}

function useReports(holder: Holder, result: WorkerDay | null): readonly DayReport[] {
  const [reports, setReports] = useState<readonly DayReport[]>([]);
  const whose = result === null ? "" : `${result.worker_id} ${result.day}`;
  useEffect(() => {
    let left = false;
    setReports([]);
    if (result !== null && result.duty.length > 0) void readReports(holder, result).then((read) => { if (!left) setReports(read); });
    return () => { left = true; };
  }, [holder, whose]);
  return reports;
}

type SeenGiven = Omit<DayGiven, "acts"> & {
  reports: readonly DayReport[]; duty: readonly Span[]; whole: Span; at_ms: number; onMoment: (at_ms: number) => void;
};

/** What shows the moment of the slider: map, slider, timeline. */
function Seen({ holder, told, language, theme, reports, duty, whole, at_ms, mapWhenAsked, onMoment }: SeenGiven) {
  const [isAsked, setAsked] = useState(mapWhenAsked === undefined);
  const { result, track } = told;
  const runs = useMemo(() => runsOf((track?.features ?? []) as Parameters<typeof runsOf>[0]), [track]);
  const lanes = useMemo(() => lanesOf({ day: result, runs, passes: told.passes, findings: told.findings ?? [], reports }), [runs, told, reports]);
  const tell = useMemo(() => teller(runs, language), [runs, language]);
  const below = useMemo(() => <>
    <Legend lanes={lanes} language={language} />
    {result !== null && <details><summary>{DAY_WORDS[language].as_tables}</summary>
      <PresenceTable lanes={lanes} language={language} tell={tell} /></details>}
  </>, [lanes, language, tell]);
  const grid_ids = result?.grid_ids ?? [...new Set((track?.duty ?? []).map((one) => one.grid_id))];
  return (
    <div class="seen">
      {!isAsked && track !== null && <button type="button" onClick={() => setAsked(true)}>{mapWhenAsked}</button>}
      {track === null && <p role="alert">{DAY_WORDS[language].no_track}</p>}
      {isAsked && track !== null && <Mapped {...{ holder, result, grid_ids, runs, reports, at_ms, language, theme }} />}
      <Player {...{ result, runs, whole, duty, at_ms, language, onMoment }} />
      <Timeline {...{ lanes, whole, duty, at_ms, language, tell, onMoment }} />
      {below}
    </div>
  );
}
