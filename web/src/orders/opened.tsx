/** An order that is looked at: what it is, what may be done to it, and all that was done. */
import { useEffect, useState } from "preact/hooks";
import { fill } from "../day/moments";
import type { Holder } from "../session";
import type { Language } from "../words";
import { ActForm } from "./acting";
import { act, givenOf, nameOf, offeredOf, readOrder, refusalOf, type Draft, type LegalAct, type OrderWhole, type Refusal, type Setting } from "./asking";
import { Facts } from "./facts";
import { actName, Steps } from "./history";
import { ORDERS_WORDS } from "./words";

interface OpenedGiven {
  holder: Holder;
  order_id: string;
  /** The newest that was heard of; another one is read again. */
  heard: number;
  setting: Setting;
  language: Language;
  onDone: (told: string) => void;
}

export function Opened({ holder, order_id, heard, setting, language, onDone }: OpenedGiven) {
  const words = ORDERS_WORDS[language];
  const [order, setOrder] = useState<OrderWhole | Refusal | null>(null);
  const [legal, setLegal] = useState<LegalAct | null>(null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [news, setNews] = useState("");
  const known = order !== null && typeof order !== "string" ? order.revision : 0;
  const readAgain = async (left: () => boolean = () => false) => {
    const answer = await readOrder(holder, order_id, language);
    if (left()) return;
    const last = answer.ok ? answer.body.history.at(-1) : undefined;
    if (answer.ok && known > 0 && answer.body.revision > known && last !== undefined) setNews(fill(words.news_changed, { act: actName(setting, last.act, language) }));
    setOrder(answer.ok ? answer.body : refusalOf(answer.problem));
    // What is filled in stays, as long as it may still be done.
    if (answer.ok) setLegal((before) => offeredOf(answer.body.legal).find((one) => one.act === before?.act) ?? null);
  };
  useEffect(() => {
    let left = false;
    if (heard > known || known === 0) void readAgain(() => left);
    return () => { left = true; };
  }, [order_id, heard]);
  useEffect(() => { if (known > 0) void readAgain(); }, [language]);
  if (order === null) return null;
  if (typeof order === "string") return <section class="opened"><p role="alert">{words[`r_${order}`]}</p></section>;
  const submit = async (draft: Draft, photos: readonly string[]) => {
    if (legal === null) return;
    setBusy(true);
    const answer = await act(holder, order_id, givenOf(legal.act, order.revision, draft, photos), language);
    setBusy(false);
    setRefusal(answer.ok ? null : refusalOf(answer.problem));
    if (!answer.ok) return answer.status === 409 || answer.status === 404 ? readAgain() : undefined;
    setOrder(answer.body);
    setLegal(null);
    setNews("");
    onDone(fill(words.done, { act: legal.name, step: nameOf(setting.workflow, "steps", answer.body.step, language) }));
  };
  const offered = offeredOf(order.legal);
  return (
    <section class="opened" aria-label={nameOf(setting.workflow, "categories", order.category, language)} data-order={order_id} data-step={order.step}>
      <Facts holder={holder} order={order} setting={setting} language={language} />
      {news !== "" && <p role="status" class="told">{news}</p>}
      {refusal !== null && <p role="alert">{words[`r_${refusal}`]}</p>}
      <h3>{words.acts}</h3>
      {offered.length === 0 ? <p>{words.acts_none}</p> : <div class="acts">{offered.map((one) => (
        <button key={one.act} type="button" aria-pressed={legal?.act === one.act} onClick={() => { setRefusal(null); setLegal(one); }}>{one.name}</button>
      ))}</div>}
      {legal !== null && <ActForm key={legal.act} {...{ holder, legal, setting, language, busy }} submit={words.submit}
        onSubmit={(draft, photos) => void submit(draft, photos)} onCancel={() => setLegal(null)} />}
      <Steps holder={holder} order={order} setting={setting} language={language} />
    </section>
  );
}
