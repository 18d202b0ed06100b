/** The form of a decision: upheld or dismissed, for a reason of the list, in words. */
import { useEffect, useRef } from "preact/hooks";
import type { Language } from "../words";
import type { Decision, Given, Reasons } from "./asking";
import { FINDINGS_WORDS } from "./words";

interface FormGiven {
  /** What may be decided. */
  offered: readonly Decision[];
  draft: Given;
  reasons: Reasons;
  language: Language;
  busy: boolean;
  submit: string;
  onDraft: (draft: Given) => void;
  onSubmit: () => void;
  onCancel: () => void;
}

export function DecisionForm({ offered, draft, reasons, language, busy, submit, onDraft, onSubmit, onCancel }: FormGiven) {
  const words = FINDINGS_WORDS[language];
  const first = useRef<HTMLSelectElement>(null);
  useEffect(() => { first.current?.focus(); }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) (event.currentTarget as HTMLFormElement).requestSubmit();
  };
  // A reason is one of its decision: another decision has others.
  const turn = (status: Decision) => onDraft({ ...draft, status, reason_code: "" });
  return (
    <form class="act_form" onKeyDown={onKeyDown} onSubmit={(event) => { event.preventDefault(); if (!busy) onSubmit(); }}>
      {offered.length > 1 && <fieldset><legend>{words.decision}</legend>{offered.map((one) => (
        <label key={one}><input type="radio" name="status" checked={draft.status === one} onChange={() => turn(one)} />{words[one === "upheld" ? "uphold" : "dismiss"]}</label>
      ))}</fieldset>}
      <label>{words.reason}<select ref={first} name="reason" required value={draft.reason_code} onChange={(event) => onDraft({ ...draft, reason_code: event.currentTarget.value })}>
        <option value="">{words.choose_reason}</option>
        {reasons[draft.status].map((one) => <option key={one.reason_code} value={one.reason_code}>{one.reason}</option>)}</select></label>
      <label>{words.text}<textarea name="text" required maxLength={2000} value={draft.text} onInput={(event) => onDraft({ ...draft, text: event.currentTarget.value })} /></label>
      <div class="acts">
        <button type="submit" aria-busy={busy} disabled={busy}>{submit}</button>
        <button type="button" onClick={onCancel}>{words.cancel}</button>
      </div>
    </form>
  );
}
