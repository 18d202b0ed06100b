/** The room of worker-days: whose and which day, then the day whole. */
import { useEffect, useState } from "preact/hooks";
import { DayWhole } from "../day/day";
import { movedDay, tellDay, today } from "../day/moments";
import { read, readDay, type DayTold } from "../day/reading";
import type { Theme } from "../day/trackmap";
import { DAY_WORDS } from "../day/words";
import type { Holder } from "../session";
import type { Language } from "../words";
import { hashOf, whoseOf, type Whose } from "./place";

interface Given { holder: Holder; language: Language; theme: Theme }
interface Worker { worker_id: string; name: string }

export default function WorkerDays({ holder, language, theme }: Given) {
  const words = DAY_WORDS[language];
  const [whose, setWhose] = useState<Whose>(() => whoseOf(location.hash));
  const [workers, setWorkers] = useState<readonly Worker[]>([]);
  const [told, setTold] = useState<DayTold | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const onHash = () => setWhose(whoseOf(location.hash));
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  useEffect(() => {
    void read<{ workers: Worker[] }>(holder, "v1/workers").then((answer) => { if (answer.ok) setWorkers(answer.body.workers); });
  }, [holder]);
  useEffect(() => {
    let left = false;
    if (whose.worker_id === "" || whose.day === "") return setTold(null);
    void readDay(holder, whose.worker_id, whose.day, language).then((answer) => { if (!left) setTold(answer); });
    return () => { left = true; };
  }, [holder, whose, language, tries]);
  const go = (next: Whose) => {
    // The same day is read again: while duty lasts it grows.
    if (next.worker_id === whose.worker_id && next.day === whose.day) setTries(tries + 1);
    location.hash = hashOf(location.hash.split("?")[0]?.slice(1) ?? "", next);
  };
  const isHere = told !== null && told.worker_id === whose.worker_id && told.day === whose.day;
  return (
    <main class="day_room">
      <Chooser holder={holder} whose={whose} workers={workers} language={language} onGo={go} />
      {whose.worker_id === "" || whose.day === "" ? <p>{words.choose}</p>
        : !isHere ? <p role="status">{words.reading}</p>
        : <>
          <h2>{nameOf(told, workers)} · {tellDay(told.day, language)}</h2>
          {told.trouble === null ? <DayWhole key={`${told.worker_id} ${told.day}`} holder={holder} told={told} language={language} theme={theme} />
            : <p role="alert">{words[told.trouble]} {told.trouble === "failed" && <button type="button" onClick={() => setTries(tries + 1)}>{words.again}</button>}</p>}
        </>}
    </main>
  );
}

function nameOf(told: DayTold, workers: readonly Worker[]): string {
  const name = told.result?.worker_name ?? workers.find((one) => one.worker_id === told.worker_id)?.name;
  return name === undefined ? told.worker_id : `${name} (${told.worker_id})`;
}

interface ChooserGiven { holder: Holder; whose: Whose; workers: readonly Worker[]; language: Language; onGo: (whose: Whose) => void }

function Chooser({ holder, whose, workers, language, onGo }: ChooserGiven) {
  const words = DAY_WORDS[language];
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    onGo({ worker_id: String(form.get("worker")).trim(), day: String(form.get("day")) });
  };
  const move = (days: number) => onGo({ ...whose, day: movedDay(whose.day || today(), days) });
  const newest = async () => {
    const day = await newestDay(holder, whose.worker_id);
    if (day !== null) onGo({ ...whose, day });
  };
  return (
    <form class="day_bar" onSubmit={submit}>
      <label>{words.worker}<input name="worker" list="workers" required autocomplete="off" key={whose.worker_id} defaultValue={whose.worker_id} /></label>
      <datalist id="workers">{workers.map((one) => <option value={one.worker_id}>{one.name}</option>)}</datalist>
      <label>{words.day}<input name="day" type="date" required key={whose.day} defaultValue={whose.day || today()} /></label>
      <button type="submit">{words.show}</button>
      {whose.worker_id !== "" && <>
        <button type="button" onClick={() => move(-1)}>{words.day_before}</button>
        <button type="button" onClick={() => move(1)}>{words.day_after}</button>
        <button type="button" onClick={() => void newest()}>{words.newest_day}</button>
      </>}
    </form>
  );
}

/** The newest day of a worker that has a result; null where there is none. */
export async function newestDay(holder: Holder, worker_id: string): Promise<string | null> {
  const answer = await read<{ days: { day: string }[] }>(holder, `v1/compliance?worker_id=${encodeURIComponent(worker_id)}&limit=500`);
  return answer.ok ? answer.body.days[answer.body.days.length - 1]?.day ?? null : null;
}
