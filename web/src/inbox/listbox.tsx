/** A list that is gone through by keys or by touch; one is looked at, any number are chosen. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { pressed, toggled, type Standing } from "./keys";

interface Given<T> {
  label: string;
  entries: readonly T[];
  idOf: (entry: T) => string;
  standing: Standing;
  onStanding: (standing: Standing) => void;
  /** Keys that are not those of the list; whether it was for somebody. */
  onKey?: (key: string) => boolean;
  children: (entry: T) => ComponentChildren;
}

export function Listbox<T>({ label, entries, idOf, standing, onStanding, onKey, children }: Given<T>) {
  const box = useRef<HTMLDivElement>(null);
  const ids = entries.map(idOf);
  useEffect(() => {
    box.current?.querySelector('[data-active="true"]')?.scrollIntoView({ block: "nearest" });
  }, [standing.active]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey) return;
    const control = event.ctrlKey || event.metaKey;
    const after = pressed(standing, ids, { key: event.key, shift: event.shiftKey, control });
    if (after !== null) onStanding(after);
    else if (control || !(onKey?.(event.key) ?? false)) return;
    event.preventDefault();
  };
  return (
    <div ref={box} class="listbox" role="listbox" aria-label={label} aria-multiselectable="true" tabIndex={0}
      aria-activedescendant={standing.active === null ? undefined : `entry-${standing.active}`} onKeyDown={onKeyDown}>
      {entries.map((entry) => {
        const id = idOf(entry);
        const isChosen = standing.chosen.has(id);
        return (
          <div key={id} id={`entry-${id}`} class="entry" role="option" aria-selected={isChosen} data-active={standing.active === id}
            onClick={(event) => onStanding(event.shiftKey || event.ctrlKey ? toggled(standing, id) : { ...standing, active: id })}>
            <span class="tick" aria-hidden="true" onClick={(event) => { event.stopPropagation(); onStanding(toggled(standing, id)); }}>{isChosen ? "☑" : "☐"}</span>
            <div class="entry_text">{children(entry)}</div>
          </div>
        );
      })}
    </div>
  );
}
