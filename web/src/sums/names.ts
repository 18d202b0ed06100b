/** What areas, grids and workers are called; who may not read a register sees ids. */
import { useEffect, useState } from "preact/hooks";
import { read } from "../day/reading";
import type { Holder } from "../session";

export interface Named { id: string; name: string }
export interface Names { area: readonly Named[]; grid: readonly Named[]; worker: readonly Named[] }

export const NO_NAMES: Names = { area: [], grid: [], worker: [] };

export async function readNames(holder: Holder): Promise<Names> {
  const [areas, grids, workers] = await Promise.all([
    read<{ entries: { area_id: string; name: string }[] }>(holder, "v1/areas?limit=500"),
    read<{ features: { properties: { grid_id: string; name: string } }[] }>(holder, "v1/grids"),
    read<{ workers: { worker_id: string; name: string }[] }>(holder, "v1/workers"),
  ]);
  return {
    area: areas.ok ? areas.body.entries.map((one) => ({ id: one.area_id, name: one.name })) : [],
    grid: grids.ok ? grids.body.features.map(({ properties }) => ({ id: properties.grid_id, name: properties.name })) : [],
    worker: workers.ok ? workers.body.workers.map((one) => ({ id: one.worker_id, name: one.name })) : [],
  };
}

/** Null until they are read: then it is known of how many the view is. */
export function useNames(holder: Holder): Names | null {
  const [names, setNames] = useState<Names | null>(null);
  useEffect(() => { void readNames(holder).then(setNames); }, [holder]);
  return names;
}

/** `East (D1)`; an id without a name is itself. */
export function nameIn(named: readonly Named[], id: string): string {
  const name = named.find((one) => one.id === id)?.name ?? "";
  return name === "" || name === id ? id : `${name} (${id})`;
}
