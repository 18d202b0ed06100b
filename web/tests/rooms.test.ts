/** Which rooms are offered to whom, and which one an address names. */
import { describe, expect, it } from "vitest";
import { offered, roomOf, ROOMS } from "../src/rooms";

const keys = (...permissions: Parameters<typeof offered>[0]) => offered(permissions).map((room) => room.key);

describe("rooms", () => {
  it("are offered to who has every permission for them", () => {
    expect(keys("answer", "read_tracks", "read_results", "read_decisions")).toEqual(["own"]);
    expect(keys("read_results", "read_registry")).toEqual(["sums"]);
    expect(keys()).toEqual([]);
  });
  it("have a name in both languages, and a key of their own", () => {
    expect(new Set(ROOMS.map((room) => room.key)).size).toBe(ROOMS.length);
    expect(ROOMS.every((room) => room.title.en !== "" && /\p{Script=Han}/u.test(room.title.zh))).toBe(true);
  });
  it("are entered by the address, and who may not enter comes into the first", () => {
    const rooms = offered(["read_tracks", "read_results", "read_registry"]);

    expect([roomOf("#day?worker=W1", rooms)?.key, roomOf("#own", rooms)?.key, roomOf("", rooms)?.key, roomOf("#day", [])]).toEqual(["day", "live", "live", null]);
  });
});
