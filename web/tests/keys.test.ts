/** A list by keys: what is looked at and what is chosen. */
import { describe, expect, it } from "vitest";
import { kept, NOWHERE, pressed, toggled, type Standing } from "../src/inbox/keys";

const IDS = ["a", "b", "c", "d"];
const at = (active: string, ...chosen: string[]): Standing => ({ active, chosen: new Set(chosen) });
const press = (standing: Standing, key: string, more: { shift?: boolean; control?: boolean } = {}) =>
  pressed(standing, IDS, { key, shift: false, control: false, ...more });

describe("a list by keys", () => {
  it.each([["ArrowDown", "c"], ["j", "c"], ["ArrowUp", "a"], ["K", "a"], ["End", "d"], ["Home", "a"], ["PageDown", "d"]])("%s leads from the second to %s", (key, to) => {
    expect(press(at("b"), key)?.active).toBe(to);
  });

  it("does not leave the list at its ends", () => {
    expect(press(at("a"), "ArrowUp")?.active).toBe("a");
    expect(press(at("d"), "j")?.active).toBe("d");
  });

  it("chooses and chooses no longer what is looked at", () => {
    expect(press(at("b", "a"), " ")).toEqual(at("b", "a", "b"));
    expect(press(at("b", "a", "b"), "x")).toEqual(at("b", "a"));
  });

  it("chooses what is passed with the shift key", () => {
    expect(press(at("b"), "End", { shift: true })).toEqual(at("d", "b", "c", "d"));
  });

  it("chooses all, and none", () => {
    expect(press(at("b"), "a", { control: true })).toEqual(at("b", ...IDS));
    expect(press(at("b", "a"), "Escape")).toEqual(at("b"));
  });

  it("leaves other keys to others", () => {
    expect(press(at("b"), "u")).toBeNull();
    expect(press(at("b"), "Escape")).toBeNull();
    expect(pressed(NOWHERE, [], { key: "j", shift: false, control: false })).toBeNull();
  });

  it("leads to what came next when what was looked at is gone", () => {
    expect(kept(at("b", "b", "d"), IDS, ["a", "c", "d"])).toEqual(at("c", "d"));
    expect(kept(at("d"), IDS, ["a", "b"])).toEqual(at("b"));
    expect(kept(at("d"), IDS, [])).toEqual(NOWHERE);
  });

  it("looks at what is chosen by hand", () => {
    expect(toggled(at("a"), "c")).toEqual(at("c", "c"));
  });
});
