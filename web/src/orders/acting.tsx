/** The form of an act: it asks for what the act needs, and for nothing else. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Holder } from "../session";
import type { Language } from "../words";
import { EMPTY, nameOf, SEVERITIES, type Draft, type LegalAct, type Setting } from "./asking";
import { bringPhoto, MEDIA_TYPES } from "./photos";
import { ORDERS_WORDS } from "./words";

interface FormGiven {
  holder: Holder;
  legal: LegalAct;
  setting: Setting;
  language: Language;
  busy: boolean;
  submit: string;
  onSubmit: (draft: Draft, photos: readonly string[]) => void;
  onCancel: () => void;
}

export function ActForm({ holder, legal, setting, language, busy, submit, onSubmit, onCancel }: FormGiven) {
  const words = ORDERS_WORDS[language];
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [files, setFiles] = useState<readonly File[]>([]);
  const [bringing, setBringing] = useState(false);
  const [refused, setRefused] = useState(false);
  useEffect(() => { form.current?.querySelector<HTMLElement>("select, textarea, input, button")?.focus(); }, []);
  const go = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || bringing) return;
    setBringing(true);
    const names = await Promise.all(files.map((file) => bringPhoto(holder, file)));
    setBringing(false);
    setRefused(names.includes(null));
    if (!names.includes(null)) onSubmit(draft, names as string[]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
  };
  const isBusy = busy || bringing;
  return (
    <form ref={form} class="act_form" aria-label={legal.name} onKeyDown={onKeyDown} onSubmit={(event) => void go(event)}>
      <h4>{legal.name}</h4>
      <Fields {...{ legal, setting, language, draft }} onDraft={setDraft} />
      {legal.needs.includes("photo") && <label>{words.photos}<input type="file" name="photos" accept={MEDIA_TYPES.join()} multiple required
        onChange={(event) => setFiles([...(event.currentTarget.files ?? [])])} /></label>}
      {refused && <p role="alert">{words.photo_refused}</p>}
      <div class="acts">
        <button type="submit" aria-busy={isBusy} disabled={isBusy}>{submit}</button>
        <button type="button" onClick={onCancel}>{words.cancel}</button>
      </div>
    </form>
  );
}

interface FieldsGiven { legal: LegalAct; setting: Setting; language: Language; draft: Draft; onDraft: (draft: Draft) => void }

function Fields({ legal, setting, language, draft, onDraft }: FieldsGiven) {
  const words = ORDERS_WORDS[language];
  const set = (key: keyof Draft) => (value: string) => onDraft({ ...draft, [key]: value });
  const needs = (what: string) => legal.needs.includes(what);
  const categories = (setting.workflow?.categories ?? []).map((one) => [one.code, nameOf(setting.workflow, "categories", one.code, language)] as const);
  return (
    <>
      {legal.reasons.length > 0 && <Choice name="reason" label={words.reason} empty={words.choose} required={needs("reason")} value={draft.reason_code}
        options={legal.reasons.map((one) => [one.reason_code, one.reason])} onChoose={set("reason_code")} />}
      {needs("department") && <Choice name="department" label={words.department} empty={words.choose} required value={draft.department_id}
        options={setting.departments.filter((one) => one.is_active).map((one) => [one.department_id, one.name])} onChoose={set("department_id")} />}
      {legal.kind === "classify" && <>
        <Choice name="category" label={words.category} empty={words.as_is} value={draft.category} options={categories} onChoose={set("category")} />
        <Choice name="severity" label={words.severity} empty={words.as_is} value={draft.severity} options={SEVERITIES.map((one) => [one, words[one]])} onChoose={set("severity")} />
        <label>{words.grid}<input name="grid" value={draft.grid_id} placeholder={words.as_is} onInput={(event) => set("grid_id")(event.currentTarget.value)} /></label>
      </>}
      <label>{words.text}<textarea name="text" required={needs("text")} maxLength={500} value={draft.text} onInput={(event) => set("text")(event.currentTarget.value)} /></label>
    </>
  );
}

interface ChoiceGiven {
  name: string; label: string; empty: string; value: string; required?: boolean;
  options: readonly (readonly [string, string])[]; onChoose: (value: string) => void;
}

function Choice({ name, label, empty, value, required = false, options, onChoose }: ChoiceGiven) {
  return (
    <label>{label}<select name={name} required={required} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      <option value="">{empty}</option>{options.map(([code, told]) => <option key={code} value={code}>{told}</option>)}</select></label>
  );
}
