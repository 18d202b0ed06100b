/** A list by keys: which entry is looked at, and which are chosen to be handled together. */
export interface Standing {
  /** Null: the list is empty. */
  active: string | null;
  chosen: ReadonlySet<string>;
}

export const NOWHERE: Standing = { active: null, chosen: new Set() };

export interface Pressed { key: string; shift: boolean; control: boolean }

const MOVES: Record<string, (at: number, last: number) => number> = {
  ArrowDown: (at) => at + 1, j: (at) => at + 1, ArrowUp: (at) => at - 1, k: (at) => at - 1,
  PageDown: (at) => at + 10, PageUp: (at) => at - 10, Home: () => 0, End: (_, last) => last,
};

/** The standing after a key; null where the key is not for the list. */
export function pressed(standing: Standing, ids: readonly string[], { key, shift, control }: Pressed): Standing | null {
  if (control && key.toLowerCase() === "a") return { ...standing, chosen: new Set(ids) };
  if (control) return null;
  if (key === " " || key === "x") return standing.active === null ? standing : toggled(standing, standing.active);
  if (key === "Escape") return standing.chosen.size === 0 ? null : { ...standing, chosen: new Set() };
  const move = MOVES[key.length === 1 ? key.toLowerCase() : key];
  if (move === undefined || ids.length === 0) return null;
  const from = standing.active === null ? -1 : ids.indexOf(standing.active);
  const to = Math.min(ids.length - 1, Math.max(0, move(from, ids.length - 1)));
  return { active: ids[to] ?? null, chosen: shift ? withAll(standing.chosen, ids, from, to) : standing.chosen };
}

/** With `id` chosen if it was not, and the other way round. */
export function toggled(standing: Standing, id: string): Standing {
  const chosen = new Set(standing.chosen);
  if (!chosen.delete(id)) chosen.add(id);
  return { active: id, chosen };
}

/** The standing in a list that was read again: what is gone is neither looked at nor chosen. */
export function kept(standing: Standing, before: readonly string[], now: readonly string[]): Standing {
  const chosen = new Set([...standing.chosen].filter((id) => now.includes(id)));
  if (standing.active !== null && now.includes(standing.active)) return { active: standing.active, chosen };
  const at = standing.active === null ? 0 : Math.max(0, before.indexOf(standing.active));
  // What came after the one that is gone stands in its place now.
  const next = before.slice(at).find((id) => now.includes(id)) ?? now[Math.min(at, now.length - 1)];
  return { active: next ?? null, chosen };
}

function withAll(chosen: ReadonlySet<string>, ids: readonly string[], from: number, to: number): ReadonlySet<string> {
  const [first, last] = from < to ? [from, to] : [to, from];
  return new Set([...chosen, ...ids.slice(Math.max(0, first), last + 1)]);
}
