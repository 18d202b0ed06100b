/** The map of one worker-day: the track as far as fixes tell it, visits, photos, and a moment. */
import type { Feature, FeatureCollection, Position as Corner } from "geojson";
import { type GeoJSONSource, LngLatBounds, Map as Engine, NavigationControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { stateMarks, textMark } from "../marks";
import { COLOURS, ring } from "../states";
import { pieces, trailOf, type Coloured } from "./colouring";
import type { DayReport, PresenceInterval, Visit } from "./facts";
import { placeAt, type Run } from "./playing";

setWorkerUrl(workerUrl);

export type Theme = "light" | "dark";
export interface OnMap {
  runs: readonly Run[];
  presence: readonly PresenceInterval[];
  visits: readonly { visit: Visit; lon: number; lat: number; number: number }[];
  reports: readonly DayReport[];
  /** Outlines: grids of the duty, premises that were visited. */
  grids: FeatureCollection;
  premises: FeatureCollection;
}

const GROUND = {
  light: { land: "#f2f2ee", grid: "#ffffff", edge: "#6a6a60", premises: "#d9d2bd", trail: "#1b1b18" },
  dark: { land: "#16191c", grid: "#22262a", edge: "#9aa0a6", premises: "#4a452f", trail: "#eceae4" },
} as const;
const NONE: FeatureCollection = { type: "FeatureCollection", features: [] };
const SOURCES = ["grids", "premises", "track", "trail", "reach", "visits", "reports", "moment"] as const;
type SourceName = (typeof SOURCES)[number];
// Told apart without colour: a whole line, dashes, dots.
const DASHES: Record<Coloured, number[] | null> = { inside: null, outside: [2.5, 1.2], unknown: [0.6, 1.2] };

export class TrackMap {
  private readonly engine: Engine;
  private readonly ready: Promise<void>;

  constructor(place: HTMLElement, private theme: Theme) {
    this.engine = new Engine({
      container: place, attributionControl: false, center: [116.4, 39.9], zoom: 10,
      style: { version: 8, sources: {}, layers: [{ id: "land", type: "background" }] },
    });
    this.engine.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.ready = new Promise((go) => { this.engine.on("load", () => { this.furnish(); this.paint(); go(); }); });
  }

  close(): void { this.engine.remove(); }

  async setTheme(theme: Theme): Promise<void> {
    this.theme = theme;
    await this.ready;
    this.paint();
  }

  /** Show a day, and see all of it. */
  async setDay(day: OnMap): Promise<void> {
    await this.ready;
    this.source("grids").setData(day.grids);
    this.source("premises").setData(day.premises);
    this.source("track").setData({ type: "FeatureCollection", features: pieces(day.runs, day.presence) });
    for (const { number } of day.visits) this.number(number);
    this.source("visits").setData(points(day.visits.map((one) => [one.lon, one.lat, `visit:${one.number}`])));
    this.source("reports").setData(points(day.reports.flatMap(({ lon_deg, lat_deg }): [number, number, string][] =>
      (lon_deg === null || lat_deg === null ? [] : [[lon_deg, lat_deg, "camera"]]))));
    this.fit(day);
  }

  /** Show where the worker was at a moment; in a silence the last fix alone, as not known. */
  async setMoment(runs: readonly Run[], at_ms: number, state: PresenceInterval["state"]): Promise<void> {
    await this.ready;
    const place = placeAt(runs, at_ms);
    this.source("trail").setData(trailOf(runs, at_ms));
    const at = place.known ? place : place.near;
    const mark = place.known ? state : "unknown";
    this.source("moment").setData(at === null ? NONE : points([[at.lon, at.lat, mark]]));
    const radius_m = place.known ? place.accuracy_m : null;
    this.source("reach").setData(at === null || radius_m === null ? NONE : {
      type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring(at.lon, at.lat, radius_m)] },
    });
  }

  private fit(day: OnMap): void {
    const all = new LngLatBounds();
    for (const run of day.runs) for (const fix of run.fixes) all.extend([fix.lon, fix.lat]);
    if (all.isEmpty()) for (const corner of day.grids.features.flatMap(cornersOf)) all.extend(corner as [number, number]);
    if (!all.isEmpty()) this.engine.fitBounds(all, { padding: 40, animate: false, maxZoom: 18 });
  }

  private furnish(): void {
    for (const one of stateMarks()) this.engine.addImage(one.name, one.picture);
    const camera = textMark("camera", "◉", "#ffffff", "#333333");
    this.engine.addImage(camera.name, camera.picture);
    for (const id of SOURCES) this.engine.addSource(id, { type: "geojson", data: NONE });
    this.engine.addLayer({ id: "grid", type: "fill", source: "grids" });
    this.engine.addLayer({ id: "edge", type: "line", source: "grids", paint: { "line-width": 2 } });
    this.engine.addLayer({ id: "premises", type: "fill", source: "premises" });
    for (const [state, dashes] of Object.entries(DASHES) as [Coloured, number[] | null][]) {
      this.engine.addLayer({
        id: `track:${state}`, type: "line", source: "track", filter: ["==", ["get", "state"], state],
        layout: { "line-join": "round" },
        paint: { "line-width": 3.5, "line-color": COLOURS[state], ...(dashes === null ? {} : { "line-dasharray": dashes }) },
      });
    }
    this.engine.addLayer({ id: "trail", type: "line", source: "trail", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-width": 7 } });
    this.engine.addLayer({ id: "reach", type: "fill", source: "reach", paint: { "fill-color": COLOURS.inside, "fill-opacity": 0.18 } });
    this.mark("visits", 0.5);
    this.mark("reports", 0.5);
    this.mark("moment", 0.8);
  }

  private mark(id: SourceName, size: number): void {
    this.engine.addLayer({
      id: `${id}:mark`, type: "symbol", source: id,
      layout: { "icon-image": ["get", "mark"], "icon-size": size, "icon-allow-overlap": true },
    });
  }

  private number(number: number): void {
    const name = `visit:${number}`;
    if (this.engine.hasImage(name)) return;
    const mark = textMark(name, String(number), "#ffffff", "#00684d");
    this.engine.addImage(mark.name, mark.picture);
  }

  private paint(): void {
    const ground = GROUND[this.theme];
    this.engine.setPaintProperty("land", "background-color", ground.land);
    this.engine.setPaintProperty("grid", "fill-color", ground.grid);
    this.engine.setPaintProperty("edge", "line-color", ground.edge);
    this.engine.setPaintProperty("premises", "fill-color", ground.premises);
    this.engine.setPaintProperty("trail", "line-color", ground.trail);
  }

  private source(id: SourceName): GeoJSONSource { return this.engine.getSource(id) as GeoJSONSource; }
}

function points(places: readonly [number, number, string][]): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: places.map(([lon, lat, mark]) => ({
      type: "Feature", properties: { mark }, geometry: { type: "Point", coordinates: [lon, lat] },
    })),
  };
}

function cornersOf({ geometry }: Feature): Corner[] {
  if (geometry.type === "Polygon") return geometry.coordinates.flat();
  return geometry.type === "MultiPolygon" ? geometry.coordinates.flat(2) : [];
}
