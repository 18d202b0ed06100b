/** The own day, with what the worker may say of it. */
import { useEffect, useState } from "preact/hooks";
import { DayWhole } from "../day/day";
import type { Finding } from "../day/facts";
import { fill, isDay, movedDay, tellDay, tellMoment, tellMonth, today } from "../day/moments";
import { read, readDay, type DayTold } from "../day/reading";
import type { Theme } from "../day/trackmap";
import { DAY_WORDS } from "../day/words";
import type { Holder } from "../session";
import type { Language } from "../words";
import { Saying } from "./saying";
import { OWN_WORDS } from "./words";

interface Given { holder: Holder; worker_id: string; language: Language; theme: Theme }

export function MyDay({ holder, worker_id, language, theme }: Given) {
  const [own, day_words] = [OWN_WORDS[language], DAY_WORDS[language]];
  const [day, setDay] = useState<string | null | "failed" | undefined>(undefined);
  const [told, setTold] = useState<DayTold | null>(null);
  const [tries, setTries] = useState(0);
  const readNewest = () => void newestOf(holder).then(setDay);
  useEffect(readNewest, [holder]);
  useEffect(() => {
    let left = false;
    if (day != null && day !== "failed") void readDay(holder, worker_id, day, language).then((answer) => { if (!left) setTold(answer); });
    return () => { left = true; };
  }, [holder, worker_id, day, language, tries]);
  if (day === undefined) return <p role="status">{day_words.reading}</p>;
  if (day === "failed") return <p role="alert">{day_words.failed} <button type="button" onClick={readNewest}>{day_words.again}</button></p>;
  const again = () => setTries(tries + 1);
  return (
    <>
      <Chooser day={day ?? today()} language={language} onDay={setDay} />
      {day === null ? <p>{own.no_days}</p>
        : told === null || told.day !== day ? <p role="status">{day_words.reading}</p>
        : told.trouble !== null ? <p role="alert">{day_words[told.trouble]} <button type="button" onClick={again}>{day_words.again}</button></p>
        : <>
          <h3>{tellDay(told.day, language)}</h3>
          <DayWhole key={told.day} holder={holder} told={told} language={language} theme={theme} mapWhenAsked={own.show_map}
            acts={(finding) => <FindingActs {...{ holder, finding, language }} onChanged={again} />} />
          {told.result !== null && <DayAppeal holder={holder} told={told} language={language} onChanged={again} />}
        </>}
    </>
  );
}

interface ChooserGiven { day: string; language: Language; onDay: (day: string) => void }

function Chooser({ day, language, onDay }: ChooserGiven) {
  const words = DAY_WORDS[language];
  return (
    <div class="day_bar">
      <button type="button" onClick={() => onDay(movedDay(day, -1))}>{words.day_before}</button>
      <label>{words.day}<input type="date" value={day} onChange={(event) => {
        if (isDay(event.currentTarget.value)) onDay(event.currentTarget.value);
      }} /></label>
      <button type="button" onClick={() => onDay(movedDay(day, 1))}>{words.day_after}</button>
    </div>
  );
}

interface ActsGiven { holder: Holder; finding: Finding; language: Language; onChanged: () => void }

/** What a worker may do about an own finding: explain it until it is decided, appeal when it was upheld. */
function FindingActs({ holder, finding, language, onChanged }: ActsGiven) {
  const own = OWN_WORDS[language];
  const { finding_id, revision, status } = finding;
  if (status === "new" || status === "explained") {
    return <Saying holder={holder} language={language} name={own.explain} hint={own.explain_hint} onChanged={onChanged}
      path={`v1/findings/${finding_id}/explanation`} body={{ revision }}>
      {status === "explained" && <p class="quiet">{own.explained_before}</p>}
    </Saying>;
  }
  if (status !== "upheld") return null;
  return <Saying holder={holder} language={language} name={own.appeal_finding} hint={own.appeal_hint} onChanged={onChanged}
    path="v1/appeals" body={{ about: "finding", finding_id }} />;
}

interface AppealGiven { holder: Holder; told: DayTold; language: Language; onChanged: () => void }

function DayAppeal({ holder, told, language, onChanged }: AppealGiven) {
  const own = OWN_WORDS[language];
  const until = told.decisions?.appeal_until ?? null;
  const isOpen = (about: string) => told.appeals.some((one) => one.about === about && (one.status === "new" || one.status === "heard"));
  const month = told.day.slice(0, 7);
  return (
    <section aria-labelledby="appeal-name">
      <h3 id="appeal-name">{own.appeal}</h3>
      {until !== null && <p class="quiet">{fill(own.appeal_until, { at: tellMoment(until, language) })}</p>}
      {!isOpen("day") && <Saying holder={holder} language={language} name={own.appeal_day} hint={own.appeal_hint} onChanged={onChanged}
        path="v1/appeals" body={{ about: "day", day: told.day }} />}
      {told.result?.is_frozen === true && !isOpen("month") && <Saying holder={holder} language={language} hint={own.appeal_hint}
        name={`${own.appeal_month}: ${tellMonth(month, language)}`} onChanged={onChanged} path="v1/appeals" body={{ about: "month", month }} />}
    </section>
  );
}

/** The newest own day with a result: what is seen by a worker is the worker's alone. */
async function newestOf(holder: Holder): Promise<string | null | "failed"> {
  const answer = await read<{ days: { day: string }[] }>(holder, "v1/compliance?limit=500");
  return answer.ok ? answer.body.days[answer.body.days.length - 1]?.day ?? null : "failed";
}
