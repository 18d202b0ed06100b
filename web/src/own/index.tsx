/** The worker's own view: own day, own appeals, who looked, own data. Made for a phone. */
import { useEffect, useState } from "preact/hooks";
import type { Appeal } from "../day/facts";
import { read } from "../day/reading";
import { Appeals } from "../day/said";
import type { Theme } from "../day/trackmap";
import { DAY_WORDS } from "../day/words";
import type { components } from "../schema";
import type { Holder } from "../session";
import type { Language } from "../words";
import { Looked } from "./looked";
import { MyData } from "./mydata";
import { MyDay } from "./myday";
import "./own.css";
import { OWN_WORDS } from "./words";

type Me = components["schemas"]["Me"];
interface Given { holder: Holder; language: Language; theme: Theme }

const PARTS = ["day", "appeals", "looked", "data"] as const;
type Part = (typeof PARTS)[number];

export default function Own({ holder, language, theme }: Given) {
  const words = OWN_WORDS[language];
  const [me, setMe] = useState<Me | null>(null);
  const [failed, setFailed] = useState(false);
  const [part, setPart] = useState<Part>("day");
  const readMe = () => void read<Me>(holder, "v1/me").then((answer) => {
    setFailed(!answer.ok);
    if (answer.ok) setMe(answer.body);
  });
  useEffect(readMe, [holder]);
  if (me === null) {
    return <main class="own_room">{failed
      ? <p role="alert">{DAY_WORDS[language].failed} <button type="button" onClick={readMe}>{DAY_WORDS[language].again}</button></p>
      : <p role="status">{DAY_WORDS[language].reading}</p>}</main>;
  }
  if (me.worker_id === null) return <main class="own_room"><p>{words.no_worker}</p></main>;
  const given = { holder, language, worker_id: me.worker_id };
  return (
    <main class="own_room">
      <h2>{words.own}</h2>
      <nav class="own_parts" aria-label={words.parts}>{PARTS.map((one) => (
        <button key={one} type="button" aria-current={part === one ? "page" : undefined} onClick={() => setPart(one)}>{words[`part_${one}`]}</button>
      ))}</nav>
      {part === "day" && <MyDay {...given} theme={theme} />}
      {part === "appeals" && <MyAppeals {...given} />}
      {part === "looked" && <Looked holder={holder} language={language} account_id={me.account_id} />}
      {part === "data" && <MyData {...given} />}
    </main>
  );
}

function MyAppeals({ holder, worker_id, language }: { holder: Holder; worker_id: string; language: Language }) {
  const words = OWN_WORDS[language];
  const [appeals, setAppeals] = useState<readonly Appeal[] | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    void read<{ appeals: Appeal[] }>(holder, `v1/appeals?worker_id=${encodeURIComponent(worker_id)}&limit=500`).then((answer) => {
      setFailed(!answer.ok);
      if (answer.ok) setAppeals(answer.body.appeals);
    });
  }, [holder, worker_id]);
  return (
    <section aria-labelledby="own-appeals">
      <h3 id="own-appeals">{words.part_appeals}</h3>
      {failed && <p role="alert">{DAY_WORDS[language].failed}</p>}
      {appeals?.length === 0 && <p>{words.appeals_none}</p>}
      {appeals !== null && <Appeals holder={holder} given={appeals} language={language} />}
    </section>
  );
}
