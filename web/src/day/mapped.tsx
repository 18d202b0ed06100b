/** The map of a day beside its slider; the engine is loaded when a day is there to be shown. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Holder } from "../session";
import type { Language } from "../words";
import { middleOf, stateAt } from "./colouring";
import type { DayReport, WorkerDay } from "./facts";
import { readGround, type Ground } from "./ground";
import type { Run } from "./playing";
import type { Theme, TrackMap } from "./trackmap";
import { DAY_WORDS } from "./words";

interface MappedGiven {
  holder: Holder;
  result: WorkerDay | null;
  grid_ids: readonly string[];
  runs: readonly Run[];
  reports: readonly DayReport[];
  at_ms: number;
  language: Language;
  theme: Theme;
}

export function Mapped({ holder, result, grid_ids, runs, reports, at_ms, language, theme }: MappedGiven) {
  const place = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<TrackMap | null>(null);
  const [ground, setGround] = useState<Ground | null>(null);
  useEffect(() => {
    let made: TrackMap | null = null;
    let left = false;
    void import("./trackmap").then(({ TrackMap: Made }) => {
      if (left || place.current === null) return;
      made = new Made(place.current, theme);
      setMap(made);
    });
    return () => { left = true; made?.close(); };
  }, []);
  const wanted = grid_ids.join(" ");
  useEffect(() => {
    let left = false;
    void readGround(holder, grid_ids).then((read) => { if (!left) setGround(read); });
    return () => { left = true; };
  }, [holder, wanted]);
  const visits = useMemo(() => (result?.visits ?? []).flatMap((visit, i) => {
    const middle = middleOf(runs, visit);
    return middle === null ? [] : [{ visit, number: i + 1, ...middle }];
  }), [result, runs]);
  useEffect(() => {
    if (ground !== null) void map?.setDay({ ...ground, runs, presence: result?.presence ?? [], visits, reports });
  }, [map, ground, runs, result, visits, reports]);
  useEffect(() => { void map?.setTheme(theme); }, [map, theme]);
  useEffect(() => {
    void map?.setMoment(runs, at_ms, stateAt(result?.presence ?? [], at_ms));
  }, [map, runs, result, at_ms]);
  // The engine gives its canvas a role and a name of its own; this one says what is on it.
  return <div class="day_map" role="region" aria-label={DAY_WORDS[language].map} ref={place} />;
}
