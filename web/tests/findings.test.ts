/** Findings that wait, and imports that are asked for. */
import { describe, expect, it } from "vitest";
import { firstWanted, refusalOf, waits, type Finding, type History } from "../src/findings/asking";
import { offeredOf } from "../src/findings/opened";
import { mediaTypeOf, pathOf } from "../src/imports/asking";

const finding = (status: Finding["status"], is_found = true) => ({ status, is_found }) as Finding;
const history = (status: string, ...next_statuses: string[]) => ({ status, next_statuses }) as unknown as History;

describe("findings", () => {
  it("wait until they are decided, and as long as they are found", () => {
    expect([finding("new"), finding("explained"), finding("upheld"), finding("dismissed"), finding("new", false)].map(waits)).toEqual([true, true, false, false, false]);
  });

  it("are asked for of the last 31 days", () => {
    expect(firstWanted(new Date(2026, 2, 2))).toMatchObject({ from: "2026-01-31", to: "2026-03-02" });
  });

  it("are decided as the API says, and never turned here", () => {
    expect(offeredOf(history("new", "dismissed", "explained"))).toEqual(["dismissed"]);
    expect(offeredOf(history("upheld", "dismissed"))).toEqual([]);
    expect(offeredOf(null)).toEqual([]);
  });

  it("that were changed meanwhile say so", () => {
    expect([refusalOf("changed-meanwhile"), refusalOf("not-yet"), refusalOf("what")]).toEqual(["changed", "not_yet", "failed"]);
  });
});

describe("imports", () => {
  it("name a datum of places alone, and keep frozen months where that is possible", () => {
    const wanted = { datum: "gcj02", reason: " new ", keep_frozen: true } as const;

    expect(pathOf({ ...wanted, kind: "premises" }, true)).toBe("v1/imports?kind=premises&dry_run=true&datum=gcj02&reason=new&keep_frozen=true");
    expect(pathOf({ ...wanted, kind: "roster" }, false)).toBe("v1/imports?kind=roster&dry_run=false&reason=new");
  });

  it("take three kinds of files", () => {
    expect(["a.CSV", "b.geojson", "c.xlsx", "d.pdf", "e"].map(mediaTypeOf)).toEqual([
      "text/csv", "application/geo+json", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", null, null,
    ]);
  });
});
