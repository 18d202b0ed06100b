/** The room of work orders: what waits, gone through by keys, with news of what others do. */
import { useEffect, useRef, useState } from "preact/hooks";
import "../day/day.css";
import { fill, tellMoment } from "../day/moments";
import "../inbox/inbox.css";
import { KeysTold } from "../inbox/keystold";
import { kept, NOWHERE, type Standing } from "../inbox/keys";
import { Listbox } from "../inbox/listbox";
import { LIST_WORDS } from "../inbox/words";
import type { Holder } from "../session";
import type { Language } from "../words";
import { nameOf, readPage, readSetting, WHICH, type Order, type Page, type Setting, type Waiting, type Wanted, type Which } from "./asking";
import { BulkActs } from "./bulk";
import { News, type Line } from "./news";
import { Opened } from "./opened";
import { Timing } from "./timing";
import { ORDERS_WORDS } from "./words";

interface Given { holder: Holder; language: Language }

const idOf = (order: Order) => order.order_id;

export default function Orders({ holder, language }: Given) {
  const words = ORDERS_WORDS[language];
  const [wanted, setWanted] = useState<Wanted>({ which: "mine", category: "", overdue: false });
  const [setting, setSetting] = useState<Setting>({ workflow: null, departments: [] });
  const { page, trouble, read } = usePage(holder, wanted);
  const { line, heard } = useNews(holder, read);
  const [standing, setStanding] = useState<Standing>(NOWHERE);
  const [isBulk, setBulk] = useState(false);
  const [done, setDone] = useState("");
  useEffect(() => { void readSetting(holder).then(setSetting); }, [holder]);
  const orders = page?.orders ?? [];
  const ids = orders.map(idOf);
  const [before, setBefore] = useState<readonly string[]>([]);
  useEffect(() => {
    setStanding((standing) => kept(standing, before, ids));
    setBefore(ids);
  }, [ids.join()]);
  const chosen = orders.filter((one) => standing.chosen.has(one.order_id));
  const onKey = (key: string) => {
    if (key === "r") read();
    const first = document.querySelector<HTMLElement>(".opened .acts button");
    if (key === "Enter") first?.focus();
    return key === "r" || key === "Enter";
  };
  const onDone = (told: string) => {
    setDone(told);
    read();
    // The keys go on with the list.
    document.querySelector<HTMLElement>(".listbox")?.focus();
  };
  return (
    <main class="inbox">
      <h2>{words.title}</h2>
      <Asked wanted={wanted} setting={setting} language={language} onWanted={setWanted} onRead={read} />
      <p class="quiet">{page?.waiting && `${tellWaiting(page.waiting, language)} · `}<span data-line={line}>{words[`line_${line}`]}</span></p>
      {done !== "" && <p role="status" class="told">{done}</p>}
      {trouble !== null ? <p role="alert">{LIST_WORDS[language][trouble]}</p>
        : page === null ? <p role="status">{LIST_WORDS[language].reading}</p>
        : <div class="two">
          <div class="listed">
            {orders.length === 0 ? <p>{words.none}</p>
              : <Listbox label={wanted.which === "mine" || wanted.which === "below" ? words.list : words.list_all} entries={orders} idOf={idOf} standing={standing} onStanding={setStanding} onKey={onKey}>
                {(one) => <Entry order={one} setting={setting} language={language} />}</Listbox>}
            {page.next_cursor !== null && <p class="quiet">{fill(words.some, { count: orders.length })}</p>}
            {chosen.length > 0 && !isBulk && <div class="acts">
              <button type="button" onClick={() => setBulk(true)}>{fill(words.bulk, { count: chosen.length })}</button>
              <button type="button" onClick={() => setStanding({ ...standing, chosen: new Set() })}>{LIST_WORDS[language].choose_none}</button>
            </div>}
            {orders.length > 0 && <KeysTold language={language} more={[["Enter", words.key_acts], ["r", LIST_WORDS[language].read_again]]} />}
          </div>
          {isBulk ? <BulkActs holder={holder} orders={chosen} setting={setting} language={language} onDone={read} onCancel={() => setBulk(false)} />
            : standing.active !== null && <Opened key={standing.active} holder={holder} order_id={standing.active} setting={setting} language={language}
              heard={Math.max(heard.get(standing.active) ?? 0, orders.find((one) => one.order_id === standing.active)?.revision ?? 0)} onDone={onDone} />}
        </div>}
    </main>
  );
}

/** How many wait; counted among the first 500 only. */
export function tellWaiting(waiting: Waiting, language: Language): string {
  const words = ORDERS_WORDS[language];
  const { orders, overdue, due_soon, paused, is_all } = waiting;
  return `${is_all ? "" : `${words.at_least} `}${fill(words.waiting, { orders, overdue, due_soon, paused })}`;
}

/** The list that is wanted; `read` reads it again, with the old one in sight meanwhile. */
function usePage(holder: Holder, wanted: Wanted) {
  const [page, setPage] = useState<Page | null>(null);
  const [trouble, setTrouble] = useState<"forbidden" | "failed" | null>(null);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let left = false;
    void readPage(holder, wanted).then((answer) => {
      if (left) return;
      setTrouble(answer.ok ? null : answer.status === 403 ? "forbidden" : "failed");
      if (answer.ok) setPage(answer.body);
    });
    return () => { left = true; };
  }, [holder, wanted, times]);
  return { page, trouble, read: () => setTimes((before) => before + 1) };
}

// Many acts at once come as many news: the list is read once for them.
const TOGETHER_MS = 400;

function useNews(holder: Holder, read: () => void) {
  const [line, setLine] = useState<Line>("connecting");
  const [heard, setHeard] = useState<ReadonlyMap<string, number>>(new Map());
  const again = useRef(read);
  again.current = read;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const news = new News(holder, {
      onLine: setLine,
      onNews: (told) => {
        setHeard((before) => new Map([...before, ...told.map((one) => [one.order_id, one.revision] as const)]));
        clearTimeout(timer);
        timer = setTimeout(() => again.current(), TOGETHER_MS);
      },
    });
    return () => { clearTimeout(timer); news.close(); };
  }, [holder]);
  return { line, heard };
}

interface AskedGiven { wanted: Wanted; setting: Setting; language: Language; onWanted: (wanted: Wanted) => void; onRead: () => void }

function Asked({ wanted, setting, language, onWanted, onRead }: AskedGiven) {
  const words = ORDERS_WORDS[language];
  return (
    <form class="day_bar" onSubmit={(event) => event.preventDefault()}>
      <label>{words.which}<select name="which" value={wanted.which} onChange={(event) => onWanted({ ...wanted, which: event.currentTarget.value as Which })}>
        {WHICH.map((one) => <option key={one} value={one}>{words[`which_${one}`]}</option>)}</select></label>
      <label>{words.category}<select name="of_category" value={wanted.category} onChange={(event) => onWanted({ ...wanted, category: event.currentTarget.value })}>
        <option value="">{words.all}</option>
        {(setting.workflow?.categories ?? []).map((one) => <option key={one.code} value={one.code}>{one.names[language] ?? one.code}</option>)}</select></label>
      <button type="button" aria-pressed={wanted.overdue} onClick={() => onWanted({ ...wanted, overdue: !wanted.overdue })}>{words.overdue_only}</button>
      <button type="button" onClick={onRead}>{LIST_WORDS[language].read_again}</button>
    </form>
  );
}

function Entry({ order, setting, language }: { order: Order; setting: Setting; language: Language }) {
  const words = ORDERS_WORDS[language];
  return (
    <>
      <p><strong>{nameOf(setting.workflow, "categories", order.category, language)}</strong> · {words[order.severity]} · {order.grid_id ?? words.unknown}</p>
      <p>{nameOf(setting.workflow, "steps", order.step, language)} · <Timing order={order} language={language} /></p>
      <p class="quiet">{words.opened} {tellMoment(order.opened_at, language)}</p>
    </>
  );
}
