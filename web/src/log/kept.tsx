/** How long each kind of data is kept, as it was enforced last. */
import { useEffect, useState } from "preact/hooks";
import { tellMoment } from "../day/moments";
import { read } from "../day/reading";
import { LIST_WORDS } from "../inbox/words";
import { tellKey } from "../own/words";
import type { Holder } from "../session";
import type { Language } from "../words";
import type { Kept } from "./asking";
import { LOG_WORDS } from "./words";

export function KeptLong({ holder, language }: { holder: Holder; language: Language }) {
  const words = LOG_WORDS[language];
  const [kinds, setKinds] = useState<readonly Kept[] | "failed" | null>(null);
  useEffect(() => {
    void read<{ kinds: Kept[] }>(holder, "v1/retention").then((answer) => setKinds(answer.ok ? answer.body.kinds : "failed"));
  }, [holder]);
  return (
    <section aria-labelledby="kept-title">
      <h3 id="kept-title">{words.kept_title}</h3>
      {kinds === null ? <p role="status">{LIST_WORDS[language].reading}</p> : kinds === "failed" ? <p role="alert">{LIST_WORDS[language].failed}</p>
        : kinds.length === 0 ? <p>{words.kept_none}</p>
        : <div class="scrolled" tabIndex={0} role="region" aria-label={words.kept_title}><table>
          <thead><tr>{[words.kind, words.days, words.kept_from, words.enforced].map((one) => <th scope="col">{one}</th>)}</tr></thead>
          <tbody>{kinds.map((one) => <tr><th scope="row">{tellKey("kind", one.kind, language)}</th><td>{one.days}</td><td>{tellMoment(one.kept_from, language)}</td><td>{tellMoment(one.enforced_at, language)}</td></tr>)}</tbody>
        </table></div>}
    </section>
  );
}
