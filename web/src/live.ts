/** Who is where now: the stream, taken up again by itself after every cut. */
import { EventReader, type Told } from "./events";
import type { Holder } from "./session";
import { keyOf, type Position } from "./states";

export type Line = "connecting" | "live" | "not_live" | "forbidden";

export interface Now {
  line: Line;
  /** By `keyOf`. */
  positions: ReadonlyMap<string, Position>;
  /** Of the server's clock minus this machine's. */
  ahead_ms: number;
  heard_at: number | null;
}

// The server beats every 15 s; who hears nothing for so long is cut off.
const SILENCE_MS = 35_000;
const WAITS_MS = [1000, 2000, 4000, 8000, 15_000] as const;

/** The positions after one event; a new map, so that a change is seen. */
export function applied(before: ReadonlyMap<string, Position>, told: Told): ReadonlyMap<string, Position> {
  const data = JSON.parse(told.data) as { positions?: Position[] };
  const after = new Map(told.name === "snapshot" ? [] : before);
  for (const one of data.positions ?? []) {
    if (told.name === "gone") after.delete(keyOf(one));
    else after.set(keyOf(one), one);
  }
  return after;
}

export class Live {
  private now: Now = { line: "connecting", positions: new Map(), ahead_ms: 0, heard_at: null };
  private last = "";
  private cut = new AbortController();
  private closed = false;

  constructor(private readonly holder: Holder, private readonly onChange: (now: Now) => void) {
    void this.run();
  }

  close(): void {
    this.closed = true;
    this.cut.abort();
  }

  private tell(change: Partial<Now>): void {
    this.now = { ...this.now, ...change };
    if (!this.closed) this.onChange(this.now);
  }

  private async run(): Promise<void> {
    for (let failed = 0; !this.closed; failed += 1) {
      try {
        if (await this.listen()) failed = 0;
      } catch {
        // Cut, or no answer: both are tried again.
      }
      if (this.closed || this.now.line === "forbidden") return;
      this.tell({ line: "not_live" });
      await new Promise((go) => setTimeout(go, WAITS_MS[Math.min(failed, WAITS_MS.length - 1)]));
    }
  }

  /** Listen until the line is cut; whether anything was heard. */
  private async listen(): Promise<boolean> {
    this.cut = new AbortController();
    const watch = { timer: this.alarm() };
    let heard = false;
    try {
      const headers: HeadersInit = this.last === "" ? {} : { "Last-Event-ID": this.last };
      const answer = await this.holder.ask("v1/live", { headers, signal: this.cut.signal });
      if (answer.status === 403) this.tell({ line: "forbidden" });
      if (!answer.ok || answer.body === null) return false;
      const said = Date.parse(answer.headers.get("Date") ?? "");
      if (!Number.isNaN(said)) this.tell({ ahead_ms: said - Date.now() });
      const events = new EventReader();
      const stream = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await stream.read(); !part.done; part = await stream.read()) {
        clearTimeout(watch.timer);
        watch.timer = this.alarm();
        heard = true;
        this.hear(events.read(part.value));
      }
      return heard;
    } finally {
      clearTimeout(watch.timer);
    }
  }

  private hear(events: Told[]): void {
    let positions = this.now.positions;
    for (const one of events) {
      if (one.id !== "") this.last = one.id;
      if (one.name === "end") this.cut.abort();
      else if (one.data !== "") positions = applied(positions, one);
    }
    this.tell({ line: "live", positions, heard_at: Date.now() });
  }

  private alarm(): ReturnType<typeof setTimeout> {
    const cut = this.cut;
    return setTimeout(() => cut.abort(), SILENCE_MS);
  }
}
