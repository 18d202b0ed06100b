/** What an order is about, where it stands, and the reports that it came from. */
import type { ComponentChildren } from "preact";
import { fill, tellMoment } from "../day/moments";
import { Photo } from "../inbox/photo";
import type { Holder } from "../session";
import type { Language } from "../words";
import { nameOf, type OrderWhole, type Setting } from "./asking";
import { Timing } from "./timing";
import { ORDERS_WORDS } from "./words";

interface Given { holder: Holder; order: OrderWhole; setting: Setting; language: Language }

export function Facts({ holder, order, setting, language }: Given) {
  const words = ORDERS_WORDS[language];
  const name = (kind: "steps" | "categories", code: string) => nameOf(setting.workflow, kind, code, language);
  const department = setting.departments.find((one) => one.department_id === order.department_id)?.name ?? order.department_id;
  const rows: [string, ComponentChildren][] = [
    [words.step, name("steps", order.step)], [words.severity, words[order.severity]],
    [words.grid, order.grid_id ?? words.unknown],
    ...(department === null ? [] : [[words.department, department] as [string, string]]),
    [words.opened, tellMoment(order.opened_at, language)],
    ...(order.reporter_worker === null && order.reporter_account === null ? [] : [[words.reported, order.reporter_worker ?? order.reporter_account] as [string, string]]),
    ...(order.lat_deg === null || order.lon_deg === null ? [] : [[words.place, `${order.lat_deg.toFixed(5)}, ${order.lon_deg.toFixed(5)}`] as [string, string]]),
    ...(order.rework > 0 ? [[words.rework, fill(words.times, { count: order.rework })] as [string, string]] : []),
  ];
  return (
    <>
      <h3>{name("categories", order.category)} · {name("steps", order.step)}</h3>
      <p><Timing order={order} language={language} /></p>
      <dl>{rows.map(([what, told]) => <><dt>{what}</dt><dd>{told}</dd></>)}</dl>
      {order.reports.map((report) => {
        const at = tellMoment(report.taken_at, language);
        return (
          <div key={report.report_id}>
            <p>{fill(words.report, { at })}{report.text !== null && <>: <q>{report.text}</q></>}</p>
            {report.photos.length > 0 && <div class="photos">{report.photos.map(({ sha256 }) => (
              <Photo key={sha256} holder={holder} language={language} path={`v1/orders/${order.order_id}/photos/${sha256}`} alt={fill(words.photo_before, { at })} />
            ))}</div>}
          </div>
        );
      })}
    </>
  );
}
