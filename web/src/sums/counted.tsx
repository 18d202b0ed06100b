/** Worker-days counted of areas, grids or workers, with what every count is a part of. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Exports } from "../day/exports";
import { fill, tellDay, tellLength, tellMonth } from "../day/moments";
import { read } from "../day/reading";
import { VerdictMark } from "../day/verdict";
import type { Holder } from "../session";
import type { Language } from "../words";
import { firstWanted, summaryPath, type By, type Of, type Summary, type Wanted } from "./asking";
import { Choosing } from "./choosing";
import { nameIn, type Names } from "./names";
import { SUMS_WORDS, type SumsKey } from "./words";

interface Page { summaries: Summary[]; next_cursor: string | null }
interface Given { holder: Holder; names: Names; language: Language }

const A_PAGE = 200;
const ALL_ROWS = 5000;
const OF: readonly Of[] = ["area", "grid", "worker"];
const BY: readonly By[] = ["day", "week", "month"];
const VERDICTS = ["met", "not_met", "undetermined"] as const;

export function Counted({ holder, names, language }: Given) {
  const words = SUMS_WORDS[language];
  const [wanted, setWanted] = useState<Wanted>(firstWanted);
  const [rows, setRows] = useState<readonly Summary[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<SumsKey | null>(null);
  const [shown, setShown] = useState<Wanted>(wanted);
  useEffect(() => {
    let left = false;
    setRows(null);
    void readPage(holder, wanted, null).then((page) => {
      if (left) return;
      setTrouble(typeof page === "string" ? page : null);
      if (typeof page === "string") return;
      setRows(page.summaries);
      setNext(page.next_cursor);
      setShown(wanted);
    });
    return () => { left = true; };
  }, [holder, wanted]);
  const asked = useRef(wanted);
  asked.current = wanted;
  const more = async () => {
    const page = await readPage(holder, shown, next);
    // Something else was asked for meanwhile.
    if (asked.current !== shown) return;
    setTrouble(typeof page === "string" ? page : null);
    if (typeof page === "string") return;
    setRows([...(rows ?? []), ...page.summaries]);
    setNext(page.next_cursor);
  };
  return (
    <>
      <Asked {...{ wanted, names, language }} onWanted={setWanted} />
      {trouble !== null ? <p role="alert">{words[trouble]}</p>
        : rows === null ? <p role="status">{words.reading}</p>
        : rows.length === 0 ? <p>{words.none}</p>
        : <Table rows={rows} of={shown.of} by={shown.by} names={names} language={language} />}
      {next !== null && rows !== null && <button type="button" onClick={() => void more()}>{words.more}</button>}
      <Exports holder={holder} failed={words.export_failed} exports={[{
        label: words.csv, path: summaryPath(wanted, ALL_ROWS, null), name: `compliance-${wanted.of}-${wanted.from}-${wanted.to}.csv`, accept: "text/csv",
      }]} />
    </>
  );
}

async function readPage(holder: Holder, wanted: Wanted, cursor: string | null): Promise<Page | SumsKey> {
  const answer = await read<Page>(holder, summaryPath(wanted, A_PAGE, cursor));
  if (answer.ok) return answer.body;
  if (answer.status === 422) return "wrong_span";
  return answer.status === 403 ? "forbidden" : "failed";
}

interface AskedGiven { wanted: Wanted; names: Names; language: Language; onWanted: (wanted: Wanted) => void }

function Asked({ wanted, names, language, onWanted }: AskedGiven) {
  const words = SUMS_WORDS[language];
  const set = (change: Partial<Wanted>) => onWanted({ ...wanted, ...change });
  const setDay = (key: "from" | "to") => (event: { currentTarget: HTMLInputElement }) => {
    if (event.currentTarget.value !== "") set({ [key]: event.currentTarget.value });
  };
  return (
    <form class="day_bar" onSubmit={(event) => event.preventDefault()}>
      <label>{words.of}<select value={wanted.of} onChange={(event) => set({ of: event.currentTarget.value as Of })}>
        {OF.map((one) => <option value={one}>{words[`of_${one}`]}</option>)}</select></label>
      <label>{words.by}<select value={wanted.by} onChange={(event) => set({ by: event.currentTarget.value as By })}>
        {BY.map((one) => <option value={one}>{words[`by_${one}`]}</option>)}</select></label>
      <label>{words.from}<input type="date" value={wanted.from} onChange={setDay("from")} /></label>
      <label>{words.to}<input type="date" value={wanted.to} onChange={setDay("to")} /></label>
      <Choosing label={words.grid} all={words.all} named={names.grid} value={wanted.grid_id} onChoose={(grid_id) => set({ grid_id })} />
    </form>
  );
}

interface TableGiven { rows: readonly Summary[]; of: Of; by: By; names: Names; language: Language }

function Table({ rows, of, by, names, language }: TableGiven) {
  const words = SUMS_WORDS[language];
  return (
    <>
      <div class="scrolled" tabIndex={0} role="region" aria-label={words.table}>
        <table class="sums">
          <caption>{words.table} <span class="quiet">{words.order}</span></caption>
          <thead>
            <tr><th scope="col" rowSpan={2}>{words.key}</th><th scope="col" rowSpan={2}>{words.period}</th>
              <th scope="col" rowSpan={2}>{words.judged}</th>
              <th scope="colgroup" colSpan={3}>{words.presence}</th><th scope="colgroup" colSpan={3}>{words.visits}</th>
              <th scope="col" rowSpan={2}>{words.in_grid}</th><th scope="col" rowSpan={2}>{words.unknown}</th><th scope="col" rowSpan={2}>{words.visit_time}</th></tr>
            <tr>{[0, 1].flatMap((group) => VERDICTS.map((one) => (
              <th scope="col" key={`${group} ${one}`}><VerdictMark verdict={one} /> {words[one]}</th>)))}</tr>
          </thead>
          <tbody>{rows.map((row) => <Line key={`${row.key} ${row.period}`} row={row} name={nameIn(names[of], row.key)} by={by} language={language} />)}</tbody>
        </table>
      </div>
      <p class="quiet">{words.denominators} {words.twice}</p>
    </>
  );
}

function Line({ row, name, by, language }: { row: Summary; name: string; by: By; language: Language }) {
  const words = SUMS_WORDS[language];
  const length = (length_s: number) => tellLength(length_s, language);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{by === "month" ? tellMonth(row.period, language) : tellDay(row.first_day, language)}</td>
      <td>{fill(words.judged_of, { judged: row.days_judged, duty: row.days_with_duty })}
        {notesOf(row, language).map((note) => <small>{note}</small>)}</td>
      {VERDICTS.map((one) => <Count key={`presence ${one}`} decided={row.decided_presence[one]} measured={row.presence[one]} language={language} />)}
      {VERDICTS.map((one) => <Count key={`visits ${one}`} decided={row.decided_visits[one]} measured={row.visits[one]} language={language} />)}
      <td>{length(row.decided_inside_s)} <small>{fill(words.of_duty, { duty: length(row.duty_s) })}</small>
        <small>{fill(words.bounds, { low: length(row.presence_low_s), high: length(row.presence_high_s) })}</small></td>
      <td>{length(row.unknown_s)}</td>
      <td>{length(row.decided_visit_s)} <small>{fill(words.bounds, { low: length(row.visit_low_s), high: length(row.visit_high_s) })}</small></td>
    </tr>
  );
}

function Count({ decided, measured, language }: { decided: number; measured: number; language: Language }) {
  return <td class="count">{decided}{decided !== measured && <small>{fill(SUMS_WORDS[language].measured, { count: measured })}</small>}</td>;
}

/** What is to be known of the days behind a row. */
export function notesOf(row: Summary, language: Language): string[] {
  const words = SUMS_WORDS[language];
  return [
    ...(row.days_excused > 0 ? [fill(words.excused_days, { count: row.days_excused })] : []),
    ...(row.days_not_current > 0 ? [fill(words.not_current, { count: row.days_not_current })] : []),
  ];
}
