/** A month as a row a worker and a column a day; each day leads to its evidence. */
import { useEffect, useState } from "preact/hooks";
import { Exports } from "../day/exports";
import { fill, tellDay, tellMoment, tellMonth, today } from "../day/moments";
import { read } from "../day/reading";
import { VerdictMark } from "../day/verdict";
import type { Holder } from "../session";
import type { Language } from "../words";
import { hashOf } from "../workerday/place";
import { daysOf, isExcused, monthFile, rowsOf, type Compliance, type FrozenMonth, type Row } from "./asking";
import { Choosing } from "./choosing";
import { nameIn, type Names } from "./names";
import { SUMS_WORDS } from "./words";

interface Given { holder: Holder; names: Names; language: Language }

// More would be a page that nobody reads and a load that nobody wants.
const MOST_WORKERS = 100;
const A_PAGE = 500;

export function Month({ holder, names, language }: Given) {
  const words = SUMS_WORDS[language];
  const [month, setMonth] = useState(() => today().slice(0, 7));
  const [grid_id, setGrid] = useState("");
  const [area_id, setArea] = useState("");
  const [days, setDays] = useState<readonly Compliance[] | "failed" | null>(null);
  const isTooMany = grid_id === "" && names.worker.length > MOST_WORKERS;
  useEffect(() => {
    let left = false;
    setDays(null);
    if (!isTooMany) void readMonth(holder, month, grid_id).then((answer) => { if (!left) setDays(answer ?? "failed"); });
    return () => { left = true; };
  }, [holder, month, grid_id, isTooMany]);
  const file = (form: "xlsx" | "pdf") => ({ path: monthFile(month, form, { grid_id, area_id, lang: language }), name: `compliance-${month}.${form}` });
  return (
    <>
      <form class="day_bar" onSubmit={(event) => event.preventDefault()}>
        <label>{words.month}<input type="month" value={month} onChange={(event) => { if (/^\d{4}-\d{2}$/.test(event.currentTarget.value)) setMonth(event.currentTarget.value); }} /></label>
        <Choosing label={words.grid} all={words.all} named={names.grid} value={grid_id} onChoose={(id) => { setGrid(id); setArea(""); }} />
      </form>
      {isTooMany ? <p>{fill(words.month_narrow, { count: names.worker.length })}</p>
        : days === null ? <p role="status">{words.reading}</p>
        : days === "failed" ? <p role="alert">{words.failed}</p>
        : days.length === 0 ? <p>{words.none}</p>
        : <Days rows={rowsOf(days)} month={month} language={language} />}
      <div class="day_bar">
        {grid_id === "" && names.area.length > 0
          && <Choosing label={words.area} all={words.all} named={names.area} value={area_id} onChoose={setArea} />}
        <Exports holder={holder} failed={words.export_failed} exports={[{ label: words.xlsx, ...file("xlsx") }, { label: words.pdf, ...file("pdf") }]} />
      </div>
      <Frozen {...{ holder, month, names, language }} />
    </>
  );
}

/** All worker-days of a month; null when any page did not come. */
async function readMonth(holder: Holder, month: string, grid_id: string): Promise<Compliance[] | null> {
  const days = daysOf(month);
  const asked = new URLSearchParams({ from: days[0] ?? "", to: days[days.length - 1] ?? "", limit: String(A_PAGE) });
  if (grid_id !== "") asked.set("grid_id", grid_id);
  const all: Compliance[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    if (cursor !== "") asked.set("cursor", cursor);
    const answer = await read<{ days: Compliance[]; next_cursor: string | null }>(holder, `v1/compliance?${asked.toString()}`);
    if (!answer.ok) return null;
    all.push(...answer.body.days);
    cursor = answer.body.next_cursor;
  }
  return all;
}

function Days({ rows, month, language }: { rows: readonly Row[]; month: string; language: Language }) {
  const words = SUMS_WORDS[language];
  const days = daysOf(month);
  const name = fill(words.month_table, { month: tellMonth(month, language) });
  return (
    <>
      <div class="scrolled" tabIndex={0} role="region" aria-label={name}>
        <table class="month">
          <caption>{name} <span class="quiet">{words.order}</span></caption>
          <thead><tr><th scope="col">{words.worker}</th>{days.map((day) => <th scope="col" key={day}>{Number(day.slice(8))}</th>)}</tr></thead>
          <tbody>{rows.map((row) => (
            <tr key={row.worker_id}><th scope="row">{row.name} <small>{row.worker_id}</small></th>
              {days.map((day) => <Cell key={day} one={row.days.get(day)} language={language} />)}</tr>
          ))}</tbody>
        </table>
      </div>
      <Legend language={language} />
    </>
  );
}

function Cell({ one, language }: { one: Compliance | undefined; language: Language }) {
  if (one === undefined) return <td />;
  const words = SUMS_WORDS[language];
  const [presence, visits] = [one.decided_presence_verdict, one.decided_visit_verdict];
  const day = tellDay(one.day, language);
  const told = isExcused(one) ? fill(words.cell_excused, { day }) : fill(words.cell, { day, presence: words[presence], visits: words[visits] });
  return (
    <td><a href={hashOf("day", one)} aria-label={`${one.worker_name}, ${told}`} title={told}>
      {isExcused(one) ? <span aria-hidden="true">–</span> : <><VerdictMark verdict={presence} /><VerdictMark verdict={visits} /></>}
    </a></td>
  );
}

function Legend({ language }: { language: Language }) {
  const words = SUMS_WORDS[language];
  return (
    <>
      <ul class="day_legend">{(["met", "not_met", "undetermined"] as const).map((one) => (
        <li key={one}><VerdictMark verdict={one} /> {words[one]}</li>))}<li>– {words.excused}</li></ul>
      <p class="quiet">{words.month_legend}</p>
    </>
  );
}

function Frozen({ holder, month, names, language }: Given & { month: string }) {
  const words = SUMS_WORDS[language];
  const [months, setMonths] = useState<readonly FrozenMonth[] | null>(null);
  useEffect(() => {
    let left = false;
    setMonths(null);
    void read<{ months: FrozenMonth[] }>(holder, `v1/months?month=${month}`).then((answer) => { if (!left && answer.ok) setMonths(answer.body.months); });
    return () => { left = true; };
  }, [holder, month]);
  if (months === null) return null;
  return (
    <section aria-labelledby="frozen-name">
      <h3 id="frozen-name">{words.frozen}</h3>
      {months.length === 0 && <p>{words.not_frozen}</p>}
      <ul class="cards">{months.map((one) => (
        <li key={one.freeze_id}>{fill(words.frozen_by, {
          area: one.area_id === null ? words.whole : nameIn(names.area, one.area_id), who: one.frozen_by,
          at: tellMoment(one.frozen_at, language), days: one.days,
        })}{one.differing_days > 0 && `; ${fill(words.frozen_differs, { count: one.differing_days })}`}
        {one.released_at !== null && `; ${fill(words.frozen_opened, { at: tellMoment(one.released_at, language) })}`}</li>
      ))}</ul>
    </section>
  );
}
