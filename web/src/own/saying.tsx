/** What a worker says: an explanation of a finding, or an appeal. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { send, type Answer } from "../day/reading";
import type { Holder } from "../session";
import type { Language } from "../words";
import { OWN_WORDS, type OwnKey } from "./words";

// As much as the API takes.
const MOST_CHARACTERS = 2000;

const PROBLEMS: Record<string, OwnKey> = {
  "changed-meanwhile": "changed_meanwhile", "too-late": "too_late", "no-such-step": "no_such_step",
};

/** What is said of an answer that was refused. */
export function wordOf(answer: Answer<unknown>): OwnKey {
  return answer.ok ? "sent" : PROBLEMS[answer.problem] ?? "not_sent";
}

interface SayingGiven {
  holder: Holder;
  language: Language;
  /** On the button that opens the form. */
  name: string;
  hint: string;
  path: string;
  /** The body beside `text`. */
  body: object;
  /** Sent, or changed by somebody else: what is shown is old. */
  onChanged: () => void;
  children?: ComponentChildren;
}

export function Saying({ holder, language, name, hint, path, body, onChanged, children }: SayingGiven) {
  const words = OWN_WORDS[language];
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<OwnKey | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get("text")).trim();
    if (text === "") return;
    setBusy(true);
    const answer = await send(holder, path, { ...body, text });
    setBusy(false);
    setTold(wordOf(answer));
    if (answer.ok) setOpen(false);
    if (answer.ok || answer.problem === "changed-meanwhile") onChanged();
  };
  return (
    <div class="saying">
      {!open && <button type="button" onClick={() => { setOpen(true); setTold(null); }}>{name}</button>}
      {open && <form onSubmit={(event) => void submit(event)}>
        <label>{name}<textarea name="text" required maxLength={MOST_CHARACTERS} rows={4} /></label>
        <p class="quiet">{hint}</p>
        {children}
        <div class="exports"><button type="submit" disabled={busy}>{words.send}</button>
          <button type="button" onClick={() => setOpen(false)}>{words.cancel}</button></div>
      </form>}
      {told !== null && <p role={told === "sent" ? "status" : "alert"}>{words[told]}</p>}
    </div>
  );
}
