/** Photo reports of a day. Photos are fetched when they are asked for: each look is in the worker's log. */
import { useEffect, useState } from "preact/hooks";
import type { Holder } from "../session";
import type { Language } from "../words";
import { calledIn, type DayReport } from "./facts";
import { fill, tellClock } from "./moments";
import { DAY_WORDS } from "./words";

export function Photos({ holder, reports, language }: { holder: Holder; reports: readonly DayReport[]; language: Language }) {
  const words = DAY_WORDS[language];
  const [shown, setShown] = useState(false);
  return (
    <section aria-labelledby="photos-name">
      <h3 id="photos-name">{words.photos}</h3>
      <p class="quiet">{words.photos_logged}</p>
      {!shown && <button type="button" onClick={() => setShown(true)}>{words.show_photos}</button>}
      <ul class="cards">{reports.map((one) => ({ report: one.report, category: calledIn(one, language) })).map(({ report, category }) => (
        <li key={report.report_id}>
          <p><strong>{category}</strong> {tellClock(report.taken_at, language)}{report.text && `: ${report.text}`}</p>
          {shown && <div class="photos">{report.photos.map((photo) => (
            <Photo key={photo.sha256} holder={holder} language={language} path={`v1/reports/${report.report_id}/photos/${photo.sha256}/thumbnail`}
              alt={fill(words.photo_of, { category, at: tellClock(report.taken_at, language) })} />
          ))}</div>}
        </li>
      ))}</ul>
    </section>
  );
}

interface PhotoGiven { holder: Holder; path: string; alt: string; language: Language }

function Photo({ holder, path, alt, language }: PhotoGiven) {
  const [address, setAddress] = useState<string | null | undefined>(undefined);
  useEffect(() => {
    let made: string | null = null;
    let left = false;
    void holder.ask(path).then(async (answer) => {
      if (left) return;
      made = answer.ok ? URL.createObjectURL(await answer.blob()) : null;
      setAddress(made);
    }).catch(() => setAddress(null));
    return () => { left = true; if (made !== null) URL.revokeObjectURL(made); };
  }, [holder, path]);
  if (address === undefined) return <span class="photo" aria-busy="true" />;
  return address === null ? <span class="photo">{DAY_WORDS[language].photo_not_there}</span> : <img class="photo" src={address} alt={alt} />;
}
