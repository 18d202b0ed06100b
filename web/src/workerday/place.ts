/** Which worker-day the address names: it can be linked to, and the keys of the browser go back. */
import { isDay } from "../day/moments";

export interface Whose { worker_id: string; day: string }

/** What stands after `?` in the hash; what is not a day is none. */
export function whoseOf(hash: string): Whose {
  const asked = new URLSearchParams(hash.slice(hash.indexOf("?") + 1));
  const day = asked.get("day") ?? "";
  return { worker_id: asked.get("worker") ?? "", day: isDay(day) ? day : "" };
}

/** The hash of a worker-day in the room `room`. */
export function hashOf(room: string, { worker_id, day }: Whose): string {
  return `#${room}?${new URLSearchParams({ worker: worker_id, day }).toString()}`;
}
