/** The ground of the map of a day: outlines of its grids, and premises in them for who may read the registry. */
import type { Feature, FeatureCollection, Geometry } from "geojson";
import type { Holder } from "../session";
import { ring } from "../states";
import { read } from "./reading";

export interface Ground { grids: FeatureCollection; premises: FeatureCollection }
interface Entry { premises_id: string; geometry: Geometry; radius_m: number | null }

// More than one grid has by far; a map of a day needs no more.
const MOST = 500;

export async function readGround(holder: Holder, grid_ids: readonly string[]): Promise<Ground> {
  const [grids, ...premises] = await Promise.all([
    read<FeatureCollection>(holder, "v1/grids"),
    ...grid_ids.map((grid) => read<{ entries: Entry[] }>(holder, `v1/premises?grid_id=${encodeURIComponent(grid)}&limit=${MOST}`)),
  ]);
  return {
    grids: collection(grids.ok ? grids.body.features.filter((one) => grid_ids.includes(String(one.properties?.grid_id))) : []),
    premises: collection(premises.flatMap((page) => (page.ok ? page.body.entries.map(outlined) : []))),
  };
}

const collection = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });

/** Premises as an outline; of a point with a radius, its circle. */
export function outlined({ premises_id, geometry, radius_m }: Entry): Feature {
  const properties = { premises_id };
  if (geometry.type !== "Point" || radius_m === null) return { type: "Feature", properties, geometry };
  const [lon = 0, lat = 0] = geometry.coordinates;
  return { type: "Feature", properties, geometry: { type: "Polygon", coordinates: [ring(lon, lat, radius_m)] } };
}
