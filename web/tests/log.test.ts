/** What is asked of the access log, and which rooms are offered to whom. */
import { describe, expect, it } from "vitest";
import { firstWanted, pathOf } from "../src/log/asking";
import { tellWhat } from "../src/log/index";
import { offered } from "../src/rooms";

describe("the access log", () => {
  it("is asked for a week, of all or of one", () => {
    const wanted = firstWanted(new Date(2026, 10, 23));

    expect(pathOf(wanted, null)).toBe("v1/access-log?from=2026-11-17&to=2026-11-23&limit=200");
    expect(pathOf({ ...wanted, worker_id: "W01" }, "7")).toContain("&worker_id=W01&cursor=7");
  });

  it("says what it does not know as it was told", () => {
    expect([tellWhat("track", "zh"), tellWhat("hologram", "en")]).toEqual(["轨迹", "hologram"]);
  });

  it("is a room for who watches over it, and not for workers, who have their own", () => {
    const keys = (...permissions: Parameters<typeof offered>[0]) => offered(permissions).map((one) => one.key);

    expect(keys("read_access_log", "read_decisions")).toContain("log");
    expect(keys("read_access_log", "answer")).not.toContain("log");
  });
});
