/** Who on duty is where: the map, and beside it the same as a list. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Say } from "./app";
import { Live, type Now } from "./live";
import type { Grids, LiveMap, Theme } from "./map";
import { shapeOf } from "./marks";
import type { Holder } from "./session";
import { COLOURS, keyOf, matches, STATES, stateOf, type Position, type State } from "./states";
import { tellAge, type Language } from "./words";

// Longer lists are searched.
const MOST_LISTED = 200;
const NO_GRIDS: Grids = { type: "FeatureCollection", features: [] };

function Mark({ state }: { state: State }) {
  return <svg viewBox="0 0 40 40" class="mark" aria-hidden="true"><path d={shapeOf(state)} fill={COLOURS[state]} /></svg>;
}

interface Given { holder: Holder; say: Say; language: Language; theme: Theme }

export function Watch({ holder, say, language, theme }: Given) {
  const [now, setNow] = useState<Now>({ line: "connecting", positions: new Map(), ahead_ms: 0, heard_at: null });
  const [tick_ms, setTick] = useState(Date.now());
  const [grids, setGrids] = useState<Grids>(NO_GRIDS);
  const [typed, setTyped] = useState("");
  const [gridId, setGridId] = useState("");
  const [hidden, setHidden] = useState<ReadonlySet<State>>(new Set());
  const [followed, setFollowed] = useState<string | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<LiveMap | null>(null);

  useEffect(() => {
    const live = new Live(holder, setNow);
    const beat = setInterval(() => setTick(Date.now()), 1000);
    return () => { live.close(); clearInterval(beat); };
  }, [holder]);
  // Read again after every cut: grids may have changed meanwhile.
  useEffect(() => {
    if (now.line !== "live") return;
    void holder.ask("v1/grids").then(async (answer) => {
      if (answer.ok) setGrids((await answer.json()) as Grids);
    }).catch(() => undefined);
  }, [holder, now.line]);
  useEffect(() => {
    let made: LiveMap | null = null;
    let left = false;
    void import("./map").then(({ LiveMap: Made }) => {
      if (left || place.current === null) return;
      made = new Made(place.current, theme, setFollowed);
      setMap(made);
    });
    return () => { left = true; made?.close(); };
  }, []);

  const server_ms = tick_ms + now.ahead_ms;
  const all = useMemo(() => [...now.positions.values()]
    .sort((a, b) => a.worker_id.localeCompare(b.worker_id))
    .map((position) => ({ position, state: stateOf(position, server_ms) })), [now.positions, tick_ms]);
  const shown = all.filter(({ position, state }) => !hidden.has(state)
    && (gridId === "" || position.grid_id === gridId) && matches(position, typed));
  const target = followed === null ? null : now.positions.get(followed) ?? null;

  useEffect(() => { void map?.setGrids(grids); }, [map, grids]);
  useEffect(() => { void map?.setTheme(theme); }, [map, theme]);
  useEffect(() => {
    const held = [...new Set(all.map(({ position }) => position.grid_id))];
    void map?.setPeople(shown, held, target);
  }, [map, all, typed, gridId, hidden, followed]);

  const flip = (state: State) => {
    const next = new Set(hidden);
    if (!next.delete(state)) next.add(state);
    setHidden(next);
  };
  return (
    <main class="watch">
      <section class="map" aria-label={say("map")}><div ref={place} data-followed={followed ?? ""} /></section>
      <section class="side" aria-label={say("people")}>
        <p role="status" class={`line ${now.line}`}>{say(now.line)}</p>
        {now.line === "not_live" && now.heard_at !== null
          && <p>{say("as_of")}: {tellAge((tick_ms - now.heard_at) / 1000, language)}</p>}
        <label>{say("search")}<input type="search" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /></label>
        <label>{say("area")}
          <select value={gridId} onChange={(event) => setGridId(event.currentTarget.value)}>
            <option value="">{say("all_grids")}</option>
            {grids.features.map(({ properties: one }) => <option key={one.grid_id} value={one.grid_id}>{one.name || one.grid_id}</option>)}
          </select>
        </label>
        <fieldset><legend>{say("states")}</legend>
          {STATES.map((state) => (
            <label key={state} class="state"><input type="checkbox" checked={!hidden.has(state)} onChange={() => flip(state)} />
              <Mark state={state} />{say(state)} {all.filter((one) => one.state === state).length}</label>
          ))}
        </fieldset>
        <h2>{say("people")} {shown.length}</h2>
        {shown.length === 0 && now.line === "live" && <p>{say(all.length === 0 ? "nobody" : "no_match")}</p>}
        <ul class="people">
          {shown.slice(0, MOST_LISTED).map(({ position, state }) => (
            <Person key={keyOf(position)} {...{ position, state, say, language, server_ms }}
              isFollowed={followed === keyOf(position)}
              onFollow={() => setFollowed(followed === keyOf(position) ? null : keyOf(position))} />
          ))}
        </ul>
        {shown.length > MOST_LISTED && <p>{shown.length - MOST_LISTED} {say("more")}</p>}
        <h2>{say("legend")}</h2>
        <ul class="legend"><li><span class="swatch held" />{say("grid_held")}</li><li><span class="swatch empty" />{say("grid_empty")}</li></ul>
        <p>{say("provisional")}</p>
      </section>
    </main>
  );
}

interface PersonGiven {
  position: Position; state: State; say: Say; language: Language; server_ms: number;
  isFollowed: boolean; onFollow: () => void;
}

function Person({ position, state, say, language, server_ms, isFollowed, onFollow }: PersonGiven) {
  const accuracy = position.accuracy_m === null ? say("not_known") : `${Math.round(position.accuracy_m)} m`;
  return (
    <li data-state={state}>
      <Mark state={state} />
      <div><strong>{position.worker_name}</strong> {position.grid_id}<br />
        {say(state)} · {say("fix_age")} {tellAge((server_ms - Date.parse(position.epoch)) / 1000, language)} · {say("accuracy")} {accuracy}</div>
      <button type="button" aria-pressed={isFollowed} aria-label={`${say("follow")} ${position.worker_name}`} onClick={onFollow}>{say(isFollowed ? "unfollow" : "follow")}</button>
    </li>
  );
}
