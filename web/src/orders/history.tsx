/** All that was done to an order, with photos of afterwards and how near it was done. */
import { fill, tellMoment } from "../day/moments";
import { Photo } from "../inbox/photo";
import type { Holder } from "../session";
import type { Language } from "../words";
import { nameOf, type OrderEvent, type OrderWhole, type Setting } from "./asking";
import { ORDERS_WORDS } from "./words";

interface Given { holder: Holder; order: OrderWhole; setting: Setting; language: Language }

export function Steps({ holder, order, setting, language }: Given) {
  const words = ORDERS_WORDS[language];
  // What the report brought is shown with it.
  const reported = new Set(order.reports.flatMap((report) => report.photos.map((photo) => photo.sha256)));
  const after = (event: OrderEvent) => event.photos.filter((one) => !reported.has(one));
  return (
    <>
      <h3>{words.history}</h3>
      <ol class="steps">{order.history.map((event) => (
        <li key={event.revision}>
          {tellEvent(event, setting, language)}
          {after(event).length > 0 && <div class="photos">{after(event).map((sha256) => (
            <Photo key={sha256} holder={holder} language={language} path={`v1/orders/${order.order_id}/photos/${sha256}`}
              alt={fill(words.photo_after, { act: actName(setting, event.act, language), at: tellMoment(event.at, language) })} />
          ))}</div>}
        </li>
      ))}</ol>
    </>
  );
}

const BY_ITSELF = ["open", "absorb", "escalate"] as const;

/** What was done, in words; the workflow has no names for what nobody asks for. */
export function actName(setting: Setting, act: string, language: Language): string {
  const own = BY_ITSELF.find((one) => one === act);
  return own === undefined ? nameOf(setting.workflow, "acts", act, language) : ORDERS_WORDS[language][`act_${own}`];
}

function tellEvent(event: OrderEvent, setting: Setting, language: Language) {
  const words = ORDERS_WORDS[language];
  const who = event.account_id ?? event.worker_id ?? (event.party === "clock" ? words.who_time : nameOf(setting.workflow, "levels", event.party, language));
  const told = [
    tellMoment(event.at, language), who, actName(setting, event.act, language),
    `→ ${nameOf(setting.workflow, "steps", event.step, language)}`,
    ...(event.reason_code === null ? [] : [`${words.reason}: ${nameOf(setting.workflow, "reasons", event.reason_code, language)}`]),
    ...(event.nearness === null ? [] : [tellNearness(event, language)]),
  ];
  return <>{told.join(" · ")}{event.text !== null && <>: <q>{event.text}</q></>}</>;
}

/** How near to the place an act was done; what is not known is told so. */
export function tellNearness({ nearness, distance_m }: Pick<OrderEvent, "nearness" | "distance_m">, language: Language): string {
  const words = ORDERS_WORDS[language];
  if (nearness === null || nearness === "unknown" || distance_m === null) return words.nearness_unknown;
  return fill(words[nearness], { distance: distance_m });
}
