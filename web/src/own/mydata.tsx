/** What is kept of the worker, for how long, what for, and a copy of it. */
import { useEffect, useState } from "preact/hooks";
import { Exports } from "../day/exports";
import { fill, tellDate } from "../day/moments";
import { read } from "../day/reading";
import { DAY_WORDS } from "../day/words";
import type { components } from "../schema";
import type { Holder } from "../session";
import type { Language } from "../words";
import { OWN_WORDS, tellKey } from "./words";

type Kept = components["schemas"]["Kept"];
type Purpose = components["schemas"]["Purpose"];

export function MyData({ holder, worker_id, language }: { holder: Holder; worker_id: string; language: Language }) {
  const [words, failed] = [OWN_WORDS[language], DAY_WORDS[language].export_failed];
  const [kinds, setKinds] = useState<readonly Kept[] | null>(null);
  const [purposes, setPurposes] = useState<readonly Purpose[] | null>(null);
  useEffect(() => {
    void read<{ kinds: Kept[] }>(holder, "v1/retention").then((answer) => { if (answer.ok) setKinds(answer.body.kinds); });
  }, [holder]);
  useEffect(() => {
    void read<{ purposes: Purpose[] }>(holder, `v1/purposes?lang=${language}`).then((answer) => { if (answer.ok) setPurposes(answer.body.purposes); });
  }, [holder, language]);
  return (
    <>
      <section aria-labelledby="copy-name">
        <h3 id="copy-name">{words.copy}</h3>
        <p class="quiet">{words.copy_why}</p>
        <Exports holder={holder} failed={failed} exports={[{ label: words.copy_get, path: "v1/me/export", name: `${worker_id}.zip` }]} />
      </section>
      <section aria-labelledby="purposes-name">
        <h3 id="purposes-name">{words.purposes}</h3>
        {purposes?.length === 0 && <p>{words.purposes_none}</p>}
        <ul class="cards">{(purposes ?? []).map((one) => (
          <li key={one.purpose_id}><p><strong>{one.text}</strong></p><p class="quiet">{words.basis} {one.legal_basis}</p></li>
        ))}</ul>
      </section>
      <section aria-labelledby="kept-name">
        <h3 id="kept-name">{words.kept}</h3>
        {kinds?.length === 0 && <p>{words.kept_none}</p>}
        <dl class="kept">{(kinds ?? []).map((one) => (
          <div key={one.kind}><dt>{tellKey("kind", one.kind, language)}</dt>
            <dd>{fill(words.kept_days, { days: one.days })}{language === "zh" ? "，" : ", "}{fill(words.kept_from, { day: tellDate(one.kept_from.slice(0, 10), language) })}</dd></div>
        ))}</dl>
      </section>
    </>
  );
}
