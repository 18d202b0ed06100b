/** The map: grids are its ground, people on duty its points. The engine is loaded for it alone. */
import type { Feature, FeatureCollection, MultiPolygon, Polygon } from "geojson";
import { type GeoJSONSource, LngLatBounds, Map as Engine, NavigationControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { stateMarks, textMark, type Mark } from "./marks";
import { keyOf, ring, type Position, type State } from "./states";

setWorkerUrl(workerUrl);

export type Theme = "light" | "dark";
export type Grids = FeatureCollection<Polygon | MultiPolygon, { grid_id: string; name: string }>;
export interface Shown { position: Position; state: State }

const GROUND = {
  light: { land: "#f2f2ee", empty: "#e3ddc8", held: "#d3e3ee", edge: "#6a6a60" },
  dark: { land: "#16191c", empty: "#3a3626", held: "#20384a", edge: "#9aa0a6" },
} as const;
// A crowd is marked by how many it holds at least.
const CROWDS = [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as const;
const NONE: FeatureCollection = { type: "FeatureCollection", features: [] };

export class LiveMap {
  private readonly engine: Engine;
  private readonly ready: Promise<void>;
  private fitted = false;

  constructor(place: HTMLElement, theme: Theme, onPick: (key: string) => void) {
    this.engine = new Engine({
      container: place, attributionControl: false, center: [116.4, 39.9], zoom: 10,
      style: { version: 8, sources: {}, layers: [{ id: "land", type: "background" }] },
    });
    this.engine.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.ready = new Promise((go) => {
      this.engine.on("load", () => { this.furnish(); this.paint(theme); go(); });
    });
    this.engine.on("click", "people", (event) => {
      const key: unknown = event.features?.[0]?.properties.key;
      if (typeof key === "string") onPick(key);
    });
    this.engine.on("click", "crowds", (event) => {
      this.engine.easeTo({ center: event.lngLat, zoom: this.engine.getZoom() + 2 });
    });
  }

  close(): void { this.engine.remove(); }

  /** Show grids, and see all of them the first time. */
  async setGrids(grids: Grids): Promise<void> {
    await this.ready;
    const names: Feature[] = [];
    const all = new LngLatBounds();
    for (const one of grids.features) {
      const bounds = boundsOf(one.geometry);
      all.extend(bounds);
      const name = `grid:${one.properties.grid_id}`;
      if (!this.engine.hasImage(name)) this.add(textMark(name, one.properties.name || one.properties.grid_id, "#1b1b18", "#ffffffcc"));
      names.push({
        type: "Feature", properties: { mark: name },
        geometry: { type: "Point", coordinates: bounds.getCenter().toArray() },
      });
    }
    this.source("grids").setData(grids);
    this.source("names").setData({ type: "FeatureCollection", features: names });
    if (!this.fitted && !all.isEmpty()) {
      this.engine.fitBounds(all, { padding: 40, animate: false });
      this.fitted = true;
    }
  }

  /** Show these people, and go where `followed` is; `held`: grids with somebody on duty. */
  async setPeople(shown: readonly Shown[], held: readonly string[], followed: Position | null): Promise<void> {
    await this.ready;
    this.source("people").setData({
      type: "FeatureCollection",
      features: shown.map(({ position, state }) => ({
        type: "Feature", properties: { key: keyOf(position), state },
        geometry: { type: "Point", coordinates: [position.lon_deg, position.lat_deg] },
      })),
    });
    this.engine.setFilter("held", ["in", ["get", "grid_id"], ["literal", [...held]]]);
    const radius_m = followed?.accuracy_m ?? null;
    this.source("accuracy").setData(followed === null || radius_m === null ? NONE : {
      type: "Feature", properties: {},
      geometry: { type: "Polygon", coordinates: [ring(followed.lon_deg, followed.lat_deg, radius_m)] },
    });
    if (followed !== null) {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.engine.easeTo({
        center: [followed.lon_deg, followed.lat_deg], duration: still ? 0 : 600,
        zoom: Math.max(this.engine.getZoom(), 15),
      });
    }
  }

  async setTheme(theme: Theme): Promise<void> {
    await this.ready;
    this.paint(theme);
  }

  private furnish(): void {
    for (const one of stateMarks()) this.add(one);
    for (const one of CROWDS) this.add(textMark(`crowd:${one}`, `${one}+`, "#ffffff", "#333333"));
    for (const id of ["grids", "names", "accuracy"]) this.engine.addSource(id, { type: "geojson", data: NONE });
    this.engine.addSource("people", { type: "geojson", data: NONE, cluster: true, clusterRadius: 40, clusterMaxZoom: 13 });
    this.engine.addLayer({ id: "empty", type: "fill", source: "grids" });
    this.engine.addLayer({ id: "held", type: "fill", source: "grids", filter: ["==", ["get", "grid_id"], ""] });
    this.engine.addLayer({ id: "edges", type: "line", source: "grids", paint: { "line-width": 1.5 } });
    this.engine.addLayer({ id: "names", type: "symbol", source: "names", layout: { "icon-image": ["get", "mark"], "icon-size": 0.55 } });
    this.engine.addLayer({ id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": "#0072b2", "fill-opacity": 0.25 } });
    this.engine.addLayer({
      id: "people", type: "symbol", source: "people", filter: ["!", ["has", "point_count"]],
      layout: { "icon-image": ["get", "state"], "icon-size": 0.55, "icon-allow-overlap": true },
    });
    const steps = CROWDS.slice(1).flatMap((one) => [one, `crowd:${one}`]);
    this.engine.addLayer({
      id: "crowds", type: "symbol", source: "people", filter: ["has", "point_count"],
      layout: {
        "icon-image": ["step", ["get", "point_count"], "crowd:2", ...steps] as never,
        "icon-size": 0.75, "icon-allow-overlap": true,
      },
    });
  }

  private paint(theme: Theme): void {
    const ground = GROUND[theme];
    this.engine.setPaintProperty("land", "background-color", ground.land);
    this.engine.setPaintProperty("empty", "fill-color", ground.empty);
    this.engine.setPaintProperty("held", "fill-color", ground.held);
    this.engine.setPaintProperty("edges", "line-color", ground.edge);
  }

  private add(mark: Mark): void { this.engine.addImage(mark.name, mark.picture); }

  private source(id: string): GeoJSONSource { return this.engine.getSource(id) as GeoJSONSource; }
}

function boundsOf(shape: Polygon | MultiPolygon): LngLatBounds {
  const bounds = new LngLatBounds();
  const rings = shape.type === "Polygon" ? shape.coordinates : shape.coordinates.flat();
  for (const corner of rings.flat()) bounds.extend(corner as [number, number]);
  return bounds;
}
