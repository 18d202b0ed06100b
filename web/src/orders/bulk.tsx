/** One act on several orders; each is answered by itself. */
import { useEffect, useState } from "preact/hooks";
import { fill } from "../day/moments";
import { LIST_WORDS } from "../inbox/words";
import type { Holder } from "../session";
import type { Language } from "../words";
import { ActForm } from "./acting";
import { actOnAll, commonOf, givenOf, nameOf, readOrder, refusalOf, type Done, type Draft, type LegalAct, type Order, type OrderWhole, type Setting } from "./asking";
import { ORDERS_WORDS } from "./words";

export const MOST_AT_ONCE = 50;

interface BulkGiven { holder: Holder; orders: readonly Order[]; setting: Setting; language: Language; onDone: () => void; onCancel: () => void }

export function BulkActs({ holder, orders, setting, language, onDone, onCancel }: BulkGiven) {
  const words = ORDERS_WORDS[language];
  const [common, setCommon] = useState<readonly LegalAct[] | null>(null);
  const [legal, setLegal] = useState<LegalAct | null>(null);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<readonly (Done & { order: Order | undefined })[] | null>(null);
  const key = orders.map((one) => `${one.order_id} ${one.revision}`).join();
  useEffect(() => {
    let left = false;
    setCommon(null);
    setLegal(null);
    void readAll(holder, orders.slice(0, MOST_AT_ONCE), language).then((whole) => { if (!left) setCommon(commonOf(whole)); });
    return () => { left = true; };
  }, [key, language]);
  const submit = async (draft: Draft) => {
    if (legal === null) return;
    setBusy(true);
    const answer = await actOnAll(holder, orders.map((one) => ({ order_id: one.order_id, ...givenOf(legal.act, one.revision, draft, []) })));
    setBusy(false);
    if (answer.ok) setDone(answer.body.acts.map((one) => ({ ...one, order: orders.find((order) => order.order_id === one.order_id) })));
    onDone();
  };
  return (
    <section class="opened" aria-label={fill(words.bulk, { count: orders.length })}>
      {done !== null && <Told done={done} setting={setting} language={language} />}
      {orders.length > MOST_AT_ONCE ? <p role="alert">{fill(words.too_many, { count: MOST_AT_ONCE })}</p> : orders.length > 0 && <>
        <h3>{fill(words.bulk, { count: orders.length })}</h3>
        {common === null ? <p role="status">{LIST_WORDS[language].reading}</p> : common.length === 0 ? <p>{words.bulk_none}</p>
          : <div class="acts">{common.map((one) => <button key={one.act} type="button" aria-pressed={legal?.act === one.act} onClick={() => setLegal(one)}>{one.name}</button>)}</div>}
        {legal !== null && <ActForm key={legal.act} {...{ holder, legal, setting, language, busy }} submit={fill(words.bulk_go, { count: orders.length })}
          onSubmit={(draft) => void submit(draft)} onCancel={() => setLegal(null)} />}
      </>}
      <p><button type="button" onClick={onCancel}>{words.cancel}</button></p>
    </section>
  );
}

async function readAll(holder: Holder, orders: readonly Order[], language: Language): Promise<OrderWhole[]> {
  const answers = await Promise.all(orders.map((one) => readOrder(holder, one.order_id, language)));
  return answers.flatMap((one) => (one.ok ? [one.body] : []));
}

function Told({ done, setting, language }: { done: readonly (Done & { order: Order | undefined })[]; setting: Setting; language: Language }) {
  const words = ORDERS_WORDS[language];
  const refused = done.filter((one) => one.status !== 200);
  return (
    <div role="status" class="told">
      <p>{fill(words.bulk_done, { done: done.length - refused.length, count: done.length })}</p>
      <ul>{refused.map((one) => <li>{nameOf(setting.workflow, "categories", one.order?.category ?? "", language)} {one.order_id.slice(-6)}: {words[`r_${refusalOf(one.type ?? "")}`]}</li>)}</ul>
    </div>
  );
}
