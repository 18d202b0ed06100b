/** What is read of a worker-day: what is not told is not taken for nothing. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { readDay, readReports } from "../src/day/reading";
import { Holder } from "../src/session";
import { result } from "./days";

/** Somebody signed in at a server that answers so, by the begin of what is asked; of all else it has a fault. */
function holding(answers: Record<string, [number, object]>): Holder {
  vi.stubGlobal("document", { baseURI: "http://patrol.test/screen/" });
  vi.stubGlobal("fetch", async (asked: URL) => {
    const path = `${asked.pathname.slice(1)}${asked.search}`;
    const [, [status, body]] = Object.entries(answers).find(([begin]) => path.startsWith(begin)) ?? ["", [500, {}]];
    return new Response(JSON.stringify(body), { status });
  });
  return new Holder(null, () => undefined);
}
afterEach(() => { vi.unstubAllGlobals(); });

const DAY = "v1/workers/W1/days/2026-11-20";
const problem = (name: string) => ({ type: `urn:problem-type:gridpatrol:${name}` });

describe("a worker-day", () => {
  it("without a result has its track, and no trouble", async () => {
    const told = await readDay(holding({
      [`${DAY}/track`]: [200, { features: [], duty: [] }], [`${DAY}?`]: [404, problem("not-assessed")], "v1/findings": [200, { findings: [] }],
    }), "W1", "2026-11-20", "en");

    expect(told).toMatchObject({ trouble: null, result: null, track: { duty: [] }, findings: [] });
  });
  it("whose findings and track did not come says so, and not that there are none", async () => {
    const told = await readDay(holding({ [`${DAY}?`]: [200, result()] }), "W1", "2026-11-20", "en");

    expect(told).toMatchObject({ trouble: null, track: null, findings: null, decisions: null });
  });
  it("that is nobody's is not asked for further", async () => {
    expect(await readDay(holding({ [`${DAY}?`]: [404, problem("unknown-worker")] }), "W1", "2026-11-20", "en"))
      .toMatchObject({ trouble: "unknown_worker", findings: null });
  });
});

it("photo reports are the worker's own, with photos, taken within duty", async () => {
  const report = (taken_at: string, photos: object[]) => ({ report_id: taken_at, taken_at, category: "lamp", text: null, photos });
  const order = (order_id: string, reporter_worker: string) => ({ order_id, reporter_worker, lat_deg: 30, lon_deg: 104 });
  const reports = await readReports(holding({
    "v1/orders?": [200, { orders: [order("mine", "W1"), order("others", "W2")] }],
    "v1/workflow": [200, { categories: [{ code: "lamp", names: { en: "Street lamp", zh: "路灯" } }] }],
    "v1/orders/mine": [200, { ...order("mine", "W1"), reports: [
      report("2026-11-20T01:20:00Z", [{}]), report("2026-11-20T01:30:00Z", []), report("2026-11-20T09:00:00Z", [{}]),
    ] }],
  }), result());

  expect(reports.map((one) => [one.report.taken_at, one.names?.zh])).toEqual([["2026-11-20T01:20:00Z", "路灯"]]);
});
