/** The room of findings: what waits for a decision, gone through by keys. */
import { useEffect, useState } from "preact/hooks";
import "../day/day.css";
import { fill, tellDay } from "../day/moments";
import "../inbox/inbox.css";
import { KeysTold } from "../inbox/keystold";
import { kept, NOWHERE, type Standing } from "../inbox/keys";
import { Listbox } from "../inbox/listbox";
import { LIST_WORDS } from "../inbox/words";
import type { Holder } from "../session";
import type { Language } from "../words";
import { firstWanted, readPage, readReasons, waits, type Decision, type Finding, type Reasons, type Refusal, type Wanted } from "./asking";
import { BulkDismissal } from "./bulk";
import { Opened } from "./opened";
import { FINDINGS_WORDS } from "./words";

interface Given { holder: Holder; language: Language }
interface Listed { wanted: Wanted; findings: readonly Finding[]; hasMore: boolean }

const idOf = (finding: Finding) => String(finding.finding_id);

export default function Findings({ holder, language }: Given) {
  const words = FINDINGS_WORDS[language];
  const [wanted, setWanted] = useState<Wanted>(firstWanted);
  const { listed, trouble, read } = useListed(holder, wanted, language);
  const [reasons, setReasons] = useState<Reasons | null>(null);
  const [standing, setStanding] = useState<Standing>(NOWHERE);
  const [begun, setBegun] = useState<Decision | null>(null);
  const [isBulk, setBulk] = useState(false);
  const [done, setDone] = useState("");
  const [faster, setFaster] = useState("");
  useEffect(() => { void readReasons(holder, language).then(setReasons); }, [holder, language]);
  const shown = listed === null ? [] : wanted.waiting ? listed.findings.filter(waits) : listed.findings;
  const ids = shown.map(idOf);
  const [before, setBefore] = useState<readonly string[]>([]);
  useEffect(() => {
    setStanding((standing) => kept(standing, before, ids));
    setBefore(ids);
  }, [ids.join()]);
  const active = shown.find((one) => idOf(one) === standing.active);
  const chosen = shown.filter((one) => standing.chosen.has(idOf(one)) && waits(one));
  const go = (next: Standing) => {
    if (next.active !== standing.active) setBegun(null);
    setStanding(next);
  };
  const onKey = (key: string) => {
    const decision = key === "u" ? "upheld" : key === "d" ? "dismissed" : null;
    if (decision !== null && active !== undefined && waits(active)) setBegun(decision);
    if (key === "r") read();
    return decision !== null || key === "r";
  };
  const onChanged = (finding: Finding, how: Decision | Refusal) => {
    const isDone = how === "upheld" || how === "dismissed";
    setDone(isDone ? fill(words.done, { worker: finding.worker_name, status: words[`status_${how}`] }) : "");
    setFaster(isDone ? "" : `${finding.worker_name} (${finding.worker_id}), ${tellDay(finding.day, language)}: ${words[`r_${how}`]}`);
    read();
    // Where it was decided the next one waits: the keys go on with the list.
    if (isDone) document.querySelector<HTMLElement>(".listbox")?.focus();
  };
  return (
    <main class="inbox">
      <h2>{words.title}</h2>
      <Asked wanted={wanted} language={language} onWanted={setWanted} onRead={read} />
      {done !== "" && <p role="status" class="told">{done}</p>}
      {faster !== "" && <p role="alert">{faster}</p>}
      {trouble !== null ? <p role="alert">{trouble === "wrong_span" ? words.wrong_span : LIST_WORDS[language][trouble]}</p>
        : listed === null ? <p role="status">{LIST_WORDS[language].reading}</p>
        : <div class="two">
          <div class="listed">
            {shown.length === 0 ? <p>{wanted.waiting ? words.none : words.none_all}</p>
              : <Listbox label={words.list} entries={shown} idOf={idOf} standing={standing} onStanding={go} onKey={onKey}>
                {(one) => <Entry finding={one} language={language} />}</Listbox>}
            {listed.hasMore && <p class="quiet">{fill(words.some, { count: shown.length })}</p>}
            {chosen.length > 0 && !isBulk && <div class="acts">
              <button type="button" onClick={() => setBulk(true)}>{fill(words.bulk, { count: chosen.length })}</button>
              <button type="button" onClick={() => setStanding({ ...standing, chosen: new Set() })}>{LIST_WORDS[language].choose_none}</button>
            </div>}
            {shown.length > 0 && <KeysTold language={language} more={[["u d", words.key_decide], ["r", LIST_WORDS[language].read_again]]} />}
          </div>
          {isBulk && reasons !== null ? <BulkDismissal holder={holder} findings={chosen} reasons={reasons} language={language} onDone={read} onCancel={() => setBulk(false)} />
            : active !== undefined && <Opened key={active.finding_id} holder={holder} finding={active} reasons={reasons} language={language}
              begun={begun} onBegin={setBegun} onChanged={(how) => onChanged(active, how)} />}
        </div>}
    </main>
  );
}

type Trouble = "forbidden" | "failed" | "wrong_span";

/** The findings that are wanted; `read` reads them again, with the old ones in sight meanwhile. */
function useListed(holder: Holder, wanted: Wanted, language: Language) {
  const [listed, setListed] = useState<Listed | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let left = false;
    void readPage(holder, wanted, { cursor: null, language }).then((answer) => {
      if (left) return;
      setTrouble(answer.ok ? null : answer.status === 403 ? "forbidden" : answer.status === 422 ? "wrong_span" : "failed");
      if (answer.ok) setListed({ wanted, findings: answer.body.findings, hasMore: answer.body.next_cursor !== null });
    });
    return () => { left = true; };
  }, [holder, wanted, language, times]);
  return { listed, trouble, read: () => setTimes((before) => before + 1) };
}

interface AskedGiven { wanted: Wanted; language: Language; onWanted: (wanted: Wanted) => void; onRead: () => void }

function Asked({ wanted, language, onWanted, onRead }: AskedGiven) {
  const words = FINDINGS_WORDS[language];
  const setDay = (key: "from" | "to") => (event: { currentTarget: HTMLInputElement }) => {
    if (event.currentTarget.value !== "") onWanted({ ...wanted, [key]: event.currentTarget.value });
  };
  return (
    <form class="day_bar" onSubmit={(event) => event.preventDefault()}>
      <label>{words.shown}<select value={wanted.waiting ? "waiting" : "all"} onChange={(event) => onWanted({ ...wanted, waiting: event.currentTarget.value === "waiting" })}>
        <option value="waiting">{words.waiting}</option><option value="all">{words.all}</option></select></label>
      <label>{words.from}<input type="date" value={wanted.from} onChange={setDay("from")} /></label>
      <label>{words.to}<input type="date" value={wanted.to} onChange={setDay("to")} /></label>
      <label>{words.worker}<input value={wanted.worker_id} size={8} onChange={(event) => onWanted({ ...wanted, worker_id: event.currentTarget.value.trim() })} /></label>
      <button type="button" onClick={onRead}>{LIST_WORDS[language].read_again}</button>
    </form>
  );
}

function Entry({ finding, language }: { finding: Finding; language: Language }) {
  const words = FINDINGS_WORDS[language];
  return (
    <>
      <p><strong>{finding.worker_name}</strong> ({finding.worker_id}) · {tellDay(finding.day, language)} <span class={`badge ${finding.status}`}>{words[`status_${finding.status}`]}</span></p>
      <p class="quiet">{finding.text}</p>
    </>
  );
}
