/** What is done to orders, as it is done; taken up again by itself after every cut. */
import { EventReader } from "../events";
import type { components } from "../schema";
import type { Holder } from "../session";

export type OrderNews = components["schemas"]["OrderWhole"]["history"][number] & { order_id: string };
export type Line = "connecting" | "live" | "not_live";

// The server beats every 15 s; who hears nothing for so long is cut off.
const SILENCE_MS = 35_000;
const WAITS_MS = [1000, 2000, 4000, 8000, 15_000] as const;

export interface Ears { onNews: (news: readonly OrderNews[]) => void; onLine: (line: Line) => void }

export class News {
  private last = "";
  private cut = new AbortController();
  private closed = false;

  constructor(private readonly holder: Holder, private readonly ears: Ears) {
    void this.run();
  }

  close(): void {
    this.closed = true;
    this.cut.abort();
  }

  private tell(line: Line): void {
    if (!this.closed) this.ears.onLine(line);
  }

  private async run(): Promise<void> {
    for (let failed = 0; !this.closed; failed += 1) {
      try {
        if (await this.listen()) failed = 0;
      } catch {
        // Cut, or no answer: both are tried again.
      }
      if (this.closed) return;
      this.tell("not_live");
      await new Promise((go) => setTimeout(go, WAITS_MS[Math.min(failed, WAITS_MS.length - 1)]));
    }
  }

  /** Listen until the line is cut; whether anything was heard. */
  private async listen(): Promise<boolean> {
    const cut = this.cut = new AbortController();
    const alarm = () => setTimeout(() => cut.abort(), SILENCE_MS);
    let timer = alarm();
    let heard = false;
    try {
      const headers: HeadersInit = this.last === "" ? {} : { "Last-Event-ID": this.last };
      const answer = await this.holder.ask("v1/orders/live", { headers, signal: cut.signal });
      if (!answer.ok || answer.body === null) return false;
      const events = new EventReader();
      const stream = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await stream.read(); !part.done; part = await stream.read()) {
        clearTimeout(timer);
        timer = alarm();
        heard = true;
        this.tell("live");
        this.hear(events, part.value);
      }
      return heard;
    } finally {
      clearTimeout(timer);
    }
  }

  private hear(events: EventReader, piece: string): void {
    const told = events.read(piece).filter((one) => one.data !== "");
    for (const one of told) if (one.id !== "") this.last = one.id;
    if (told.length > 0 && !this.closed) this.ears.onNews(told.map((one) => JSON.parse(one.data) as OrderNews));
  }
}
