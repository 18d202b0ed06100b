/** The room of results: sums of areas, grids and workers, and a month day by day. */
import { useState } from "preact/hooks";
import "../day/day.css";
import type { Holder } from "../session";
import type { Language } from "../words";
import { Counted } from "./counted";
import { Month } from "./month";
import { useNames } from "./names";
import "./sums.css";
import { SUMS_WORDS } from "./words";

const PARTS = ["sums", "month"] as const;

export default function Sums({ holder, language }: { holder: Holder; language: Language }) {
  const words = SUMS_WORDS[language];
  const [part, setPart] = useState<(typeof PARTS)[number]>("sums");
  const names = useNames(holder);
  return (
    <main class="sums_room">
      <h2>{words.sums}</h2>
      <nav class="day_bar" aria-label={words.parts}>{PARTS.map((one) => (
        <button key={one} type="button" aria-current={part === one ? "page" : undefined} onClick={() => setPart(one)}>{words[`part_${one}`]}</button>
      ))}</nav>
      {names === null ? <p role="status">{words.reading}</p>
        : part === "sums" ? <Counted holder={holder} names={names} language={language} />
        : <Month holder={holder} names={names} language={language} />}
    </main>
  );
}
