/** The room of the access log, for who watches over it, and how long things are kept. */
import { useEffect, useState } from "preact/hooks";
import "../day/day.css";
import { fill, tellDay, tellMoment } from "../day/moments";
import { read } from "../day/reading";
import "../inbox/inbox.css";
import { LIST_WORDS } from "../inbox/words";
import type { Holder } from "../session";
import type { Language } from "../words";
import { firstWanted, pathOf, type Access, type Wanted } from "./asking";
import { KeptLong } from "./kept";
import { LOG_WORDS } from "./words";

interface Given { holder: Holder; language: Language }
interface Page { accesses: Access[]; next_cursor: string | null }
type Trouble = "forbidden" | "failed" | "wrong_span";

export default function Log({ holder, language }: Given) {
  const words = LOG_WORDS[language];
  const [wanted, setWanted] = useState<Wanted>(firstWanted);
  const [page, setPage] = useState<Page | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const readPage = async (cursor: string | null, isWanted: () => boolean) => {
    const answer = await read<Page>(holder, pathOf(wanted, cursor));
    if (!isWanted()) return;
    setTrouble(answer.ok ? null : answer.status === 403 ? "forbidden" : answer.status === 422 ? "wrong_span" : "failed");
    if (answer.ok) setPage((before) => cursor === null || before === null ? answer.body : { ...answer.body, accesses: [...before.accesses, ...answer.body.accesses] });
  };
  useEffect(() => {
    let left = false;
    void readPage(null, () => !left);
    return () => { left = true; };
  }, [holder, wanted]);
  return (
    <main class="inbox access">
      <h2>{words.title}</h2>
      <p>{words.intro}</p>
      <Asked wanted={wanted} language={language} onWanted={setWanted} />
      {trouble !== null ? <p role="alert">{trouble === "wrong_span" ? words.wrong_span : LIST_WORDS[language][trouble]}</p>
        : page === null ? <p role="status">{LIST_WORDS[language].reading}</p>
        : page.accesses.length === 0 ? <p>{words.none}</p>
        : <Table accesses={page.accesses} language={language} />}
      {page !== null && page.next_cursor !== null && <p><button type="button" onClick={() => void readPage(page.next_cursor, () => true)}>{LIST_WORDS[language].more}</button></p>}
      <KeptLong holder={holder} language={language} />
    </main>
  );
}

function Asked({ wanted, language, onWanted }: { wanted: Wanted; language: Language; onWanted: (wanted: Wanted) => void }) {
  const words = LOG_WORDS[language];
  const set = (key: keyof Wanted) => (event: { currentTarget: HTMLInputElement }) => {
    const value = event.currentTarget.value.trim();
    if (value !== "" || (key !== "from" && key !== "to")) onWanted({ ...wanted, [key]: value });
  };
  return (
    <form class="day_bar" onSubmit={(event) => event.preventDefault()}>
      <label>{words.from}<input type="date" value={wanted.from} onChange={set("from")} /></label>
      <label>{words.to}<input type="date" value={wanted.to} onChange={set("to")} /></label>
      <label>{words.worker}<input name="worker" size={8} value={wanted.worker_id} onChange={set("worker_id")} /></label>
      <label>{words.reader}<input name="reader" size={8} value={wanted.reader} onChange={set("reader")} /></label>
    </form>
  );
}

function Table({ accesses, language }: { accesses: readonly Access[]; language: Language }) {
  const words = LOG_WORDS[language];
  return (
    <div class="scrolled" tabIndex={0} role="region" aria-label={words.table}>
      <table>
        <thead><tr>{[words.at, words.who, words.what, words.whom, words.of_day, words.purpose].map((one) => <th scope="col">{one}</th>)}</tr></thead>
        <tbody>{accesses.map((one) => (
          <tr key={one.access_id}>
            <td>{one.hour === null ? tellMoment(one.at, language) : fill(words.within_hour, { at: tellMoment(one.hour, language) })}</td>
            <td>{one.reader_name === "" || one.reader_name === one.reader ? one.reader : `${one.reader_name} (${one.reader})`}</td>
            <td>{tellWhat(one.what, language)}{one.grid_id !== null && ` · ${one.grid_id}`}</td>
            <td>{one.worker_id ?? fill(words.several, { count: one.workers })}</td>
            <td>{one.day !== null && tellDay(one.day, language)}{one.last_day !== null && one.last_day !== one.day && ` – ${tellDay(one.last_day, language)}`}</td>
            <td>{one.purpose}</td>
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}

/** What was looked at, in words; what is not known, as it is told. */
export function tellWhat(what: string, language: Language): string {
  const words: Record<string, string> = LOG_WORDS[language];
  return words[`w_${what}`] ?? what;
}
