/** The room of imports: a file is checked, what it would do is shown, and then it is done. */
import { useState } from "preact/hooks";
import "../day/day.css";
import "../inbox/inbox.css";
import type { Holder } from "../session";
import type { Language } from "../words";
import { bring, DATUMS, hasPlaces, isWholeList, KINDS, mayKeepFrozen, type Datum, type Kind, type Outcome, type Wanted } from "./asking";
import "./imports.css";
import { Told } from "./outcome";
import { IMPORTS_WORDS } from "./words";

interface Given { holder: Holder; language: Language }

export default function Imports({ holder, language }: Given) {
  const words = IMPORTS_WORDS[language];
  const [wanted, setWanted] = useState<Wanted>({ kind: "grids", datum: "wgs84", reason: "", keep_frozen: false });
  const [file, setFile] = useState<File | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [busy, setBusy] = useState(false);
  // What was checked is what is imported: another file, or another question, is checked anew.
  const change = (next: Partial<Wanted>) => {
    setWanted({ ...wanted, ...next });
    setOutcome(null);
  };
  const send = async (dry_run: boolean) => {
    if (file === null || busy) return;
    setBusy(true);
    setOutcome(await bring(holder, wanted, file, dry_run));
    setBusy(false);
  };
  const mayImport = outcome !== null && "told" in outcome && outcome.told.dry_run && outcome.told.problems.length === 0;
  return (
    <main class="inbox imports">
      <h2>{words.title}</h2>
      <p>{words.intro} {words.no_residents}</p>
      <form onSubmit={(event) => { event.preventDefault(); void send(true); }}>
        <label>{words.kind}<select name="kind" value={wanted.kind} onChange={(event) => change({ kind: event.currentTarget.value as Kind })}>
          {KINDS.map((one) => <option key={one} value={one}>{words[`k_${one}`]}</option>)}</select></label>
        {isWholeList(wanted.kind) && <p class="told">{words.whole_list}</p>}
        <label>{words.file}<input type="file" name="file" required accept=".geojson,.json,.csv,.xlsx" onChange={(event) => { setFile(event.currentTarget.files?.[0] ?? null); setOutcome(null); }} /></label>
        {hasPlaces(wanted.kind) && <label>{words.datum}<select name="datum" value={wanted.datum} onChange={(event) => change({ datum: event.currentTarget.value as Datum })}>
          {DATUMS.map((one) => <option key={one} value={one}>{words[`d_${one}`]}</option>)}</select></label>}
        <label>{words.reason}<input name="reason" maxLength={200} value={wanted.reason} onInput={(event) => setWanted({ ...wanted, reason: event.currentTarget.value })} /></label>
        {mayKeepFrozen(wanted.kind) && <label class="line"><input type="checkbox" checked={wanted.keep_frozen} onChange={(event) => change({ keep_frozen: event.currentTarget.checked })} /> {words.keep_frozen}</label>}
        <div class="acts">
          <button type="submit" disabled={busy} aria-busy={busy}>{words.check}</button>
          {mayImport && <button type="button" disabled={busy} onClick={() => void send(false)}>{words.import}</button>}
        </div>
      </form>
      {busy ? <p role="status">{words.checking}</p> : outcome !== null && <Told outcome={outcome} language={language} />}
    </main>
  );
}
