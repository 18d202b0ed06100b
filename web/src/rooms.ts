/** The rooms of the screen, in the order in which they are offered; each is loaded when it is entered. */
import type { ComponentType } from "preact";
import type { Say } from "./app";
import type { Theme } from "./map";
import type { components } from "./schema";
import type { Holder } from "./session";
import type { Language } from "./words";

export type Permission = components["schemas"]["Permission"];

/** What every room is given. */
export interface RoomGiven { holder: Holder; say: Say; language: Language; theme: Theme }

export interface Room {
  /** What stands for it in the address. */
  key: string;
  title: Record<Language, string>;
  /** Who is without any of these is not offered it. */
  needs: readonly Permission[];
  /** Who may do this has the same in a room of their own. */
  unless?: Permission;
  load: () => Promise<{ default: ComponentType<RoomGiven> }>;
}

export const ROOMS: readonly Room[] = [
  { key: "own", title: { en: "My work", zh: "我的工作" }, needs: ["answer"], load: () => import("./own") },
  { key: "live", title: { en: "Live map", zh: "实时地图" }, needs: ["read_tracks", "read_registry"], load: () => import("./watch").then(({ Watch }) => ({ default: Watch })) },
  { key: "day", title: { en: "Worker-day", zh: "工作日" }, needs: ["read_tracks", "read_results", "read_registry"], load: () => import("./workerday") },
  { key: "findings", title: { en: "Findings", zh: "待核事项" }, needs: ["decide", "read_results", "read_decisions"], load: () => import("./findings") },
  { key: "orders", title: { en: "Work orders", zh: "工单" }, needs: ["read_orders", "handle_orders"], load: () => import("./orders") },
  { key: "sums", title: { en: "Compliance", zh: "考核结果" }, needs: ["read_results", "read_registry"], load: () => import("./sums") },
  { key: "imports", title: { en: "Imports", zh: "数据导入" }, needs: ["write_registry"], load: () => import("./imports") },
  { key: "log", title: { en: "Access log", zh: "查看记录" }, needs: ["read_access_log"], unless: "answer", load: () => import("./log") },
];

/** The rooms for who may do this. */
export function offered(permissions: readonly Permission[]): Room[] {
  return ROOMS.filter(({ needs, unless }) => needs.every((one) => permissions.includes(one)) && (unless === undefined || !permissions.includes(unless)));
}

/** The room that the address names, if it is offered, else the first one. */
export function roomOf(hash: string, rooms: readonly Room[]): Room | null {
  const key = hash.replace(/^#/, "").split("?")[0];
  return rooms.find((room) => room.key === key) ?? rooms[0] ?? null;
}
