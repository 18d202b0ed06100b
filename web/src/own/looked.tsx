/** Who has looked at the own data, the newest first. */
import { useEffect, useState } from "preact/hooks";
import { fill, tellClock, tellDay, tellMoment } from "../day/moments";
import { read } from "../day/reading";
import { DAY_WORDS } from "../day/words";
import type { components } from "../schema";
import type { Holder } from "../session";
import type { Language } from "../words";
import { OWN_WORDS, tellKey } from "./words";

type Access = components["schemas"]["Access"];
interface Page { accesses: Access[]; next_cursor: string | null }
interface Given { holder: Holder; account_id: string | null; language: Language }

const A_PAGE = 50;

export function Looked({ holder, account_id, language }: Given) {
  const words = OWN_WORDS[language];
  const [accesses, setAccesses] = useState<readonly Access[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const more = async (cursor: string | null, before: readonly Access[]) => {
    const from = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await read<Page>(holder, `v1/access-log?limit=${A_PAGE}${from}`);
    setFailed(!answer.ok);
    if (!answer.ok) return;
    setAccesses([...before, ...answer.body.accesses]);
    setNext(answer.body.next_cursor);
  };
  useEffect(() => { void more(null, []); }, [holder]);
  if (accesses === null) return failed ? <p role="alert">{DAY_WORDS[language].failed}</p> : <p role="status">{DAY_WORDS[language].reading}</p>;
  return (
    <section aria-labelledby="looked-name">
      <h3 id="looked-name">{words.part_looked}</h3>
      <p class="quiet">{words.looked_why}</p>
      {accesses.length === 0 && <p>{words.looked_none}</p>}
      <ul class="cards">{accesses.map((one) => (
        <li key={one.access_id}>
          <p><strong>{tellReader(one, account_id, language)}</strong> · {tellKey("what", one.what, language)}{tellOfDays(one, language)}</p>
          <p class="quiet">{tellWhen(one, language)}{one.purpose && ` · ${words.purpose}: ${one.purpose}`}</p>
        </li>
      ))}</ul>
      {failed && <p role="alert">{DAY_WORDS[language].failed}</p>}
      {next !== null && <button type="button" onClick={() => void more(next, accesses)}>{words.more}</button>}
    </section>
  );
}

/** Who it was: by name where there is one, with the role that let them in; the own account is "you". */
export function tellReader(one: Access, account_id: string | null, language: Language): string {
  if (one.reader === account_id) return OWN_WORDS[language].yourself;
  const who = one.reader_name === "" ? one.reader : `${one.reader_name} (${one.reader})`;
  return one.role === "" ? who : `${who}, ${tellKey("role", one.role, language)}`;
}

function tellOfDays(one: Access, language: Language): string {
  if (one.day === null) return "";
  const from = tellDay(one.day, language);
  if (one.last_day === null || one.last_day === one.day) return ` · ${from}`;
  return ` · ${fill(OWN_WORDS[language].days_span, { from, to: tellDay(one.last_day, language) })}`;
}

function tellWhen(one: Access, language: Language): string {
  const at = tellMoment(one.at, language);
  return one.hour === null ? at : `${at} (${fill(OWN_WORDS[language].within_hour, { at: tellClock(one.hour, language) })})`;
}
