/** Where an order stands with its time, by shape, colour and words. */
import { fill, tellMoment } from "../day/moments";
import type { Language } from "../words";
import type { Order } from "./asking";
import { ORDERS_WORDS } from "./words";

// Another shape each: a circle, a diamond, a triangle, a bar.
const SHAPES: Record<Order["timing"], string> = {
  in_time: "M8 2a6 6 0 1 0 .01 0z", due_soon: "M8 1l7 7-7 7-7-7z", overdue: "M8 1l7.5 14h-15z", ended: "M1 6h14v4h-14z",
};

export function Timing({ order, language }: { order: Order; language: Language }) {
  const words = ORDERS_WORDS[language];
  const due = order.due_at === null ? words.no_limit : fill(words.due, { at: tellMoment(order.due_at, language) });
  const paused = order.paused_at === null ? "" : ` · ${fill(words.paused, { at: tellMoment(order.paused_at, language) })}`;
  return (
    <span class={`due ${order.timing}`}>
      <svg class="mark" viewBox="0 0 16 16" aria-hidden="true"><path d={SHAPES[order.timing]} fill="currentColor" /></svg>
      {words[order.timing]}{order.timing !== "ended" && ` · ${due}${paused}`}
    </span>
  );
}
