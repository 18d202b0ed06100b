/** Work orders: what is asked, what is sent, what may be done to several. */
import { describe, expect, it } from "vitest";
import { commonOf, EMPTY, givenOf, offeredOf, pathOf, refusalOf, type LegalAct, type OrderWhole } from "../src/orders/asking";
import { tellNearness } from "../src/orders/history";
import { tellWaiting } from "../src/orders/index";
import { nameOfPhoto } from "../src/orders/photos";

const legal = (act: string, kind = act, ...needs: string[]): LegalAct =>
  ({ act, kind, name: act, to_step: null, party: "grid", needs, reasons: [] });
const order = (...acts: LegalAct[]) => ({ legal: acts }) as unknown as OrderWhole;

describe("work orders", () => {
  it("are asked for where they wait, or all that are open", () => {
    expect(pathOf({ which: "below", category: "", overdue: true })).toBe("v1/orders/inbox?limit=200&overdue=true&below=true");
    expect(pathOf({ which: "ended", category: "lamp", overdue: false })).toBe("v1/orders?limit=200&category=lamp&state=ended");
  });

  it("are sent what is filled in, and nothing that is empty", () => {
    const draft = { ...EMPTY, reason_code: "beyond_means", text: "  the post  " };

    expect(givenOf("climb", 3, draft, [])).toEqual({ act: "climb", revision: 3, reason_code: "beyond_means", text: "the post" });
    expect(givenOf("settle", 1, EMPTY, ["ab"])).toEqual({ act: "settle", revision: 1, photos: ["ab"] });
  });

  it("offer together what is legal for each, and nothing that needs a photo of one", () => {
    const both = commonOf([order(legal("climb", "climb", "reason"), legal("settle", "settle", "photo"), legal("cancel")), order(legal("climb", "climb", "reason"), legal("settle", "settle", "photo"))]);

    expect(both.map((one) => one.act)).toEqual(["climb"]);
    expect(commonOf([order(legal("climb", "climb", "reason")), order(legal("climb", "climb", "text"))])).toEqual([]);
    expect(commonOf([])).toEqual([]);
  });

  it("are split and merged elsewhere", () => {
    expect(offeredOf([legal("part", "split"), legal("climb")]).map((one) => one.act)).toEqual(["climb"]);
  });

  it.each([["changed-meanwhile", "changed"], ["urn:problem-type:gridpatrol:illegal-act", "illegal"], ["", "failed"]])("tell why not: %s is %s", (problem, refusal) => {
    expect(refusalOf(problem)).toBe(refusal);
  });

  it("say how near, and that it is not known", () => {
    expect(tellNearness({ nearness: "far", distance_m: 400 }, "en")).toBe("done 400 m away from the place");
    expect(tellNearness({ nearness: "unknown", distance_m: null }, "zh")).toBe("是否在现场未知");
  });

  it("say when they were counted in part only", () => {
    const waiting = { orders: 500, overdue: 1, due_soon: 2, paused: 0, steps: [] };

    expect(tellWaiting({ ...waiting, is_all: false }, "en")).toBe("at least 500 wait, 1 of them overdue, 2 due soon, 0 paused");
    expect(tellWaiting({ ...waiting, is_all: true }, "en")).toMatch(/^500 wait/);
  });

  it("name photos by their SHA-256", async () => {
    expect(await nameOfPhoto(new TextEncoder().encode("abc").buffer as ArrayBuffer)).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
