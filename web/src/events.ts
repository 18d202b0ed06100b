/** Server-sent events out of pieces of text: EventSource cannot send a token. */
export interface Told {
  name: string;
  id: string;
  data: string;
}

/** Reads pieces as they come; a message may end in any of them. */
export class EventReader {
  private rest = "";

  read(piece: string): Told[] {
    const parts = (this.rest + piece).replace(/\r\n/g, "\n").split("\n\n");
    this.rest = parts.pop() ?? "";
    return parts.map(readOne).filter((one) => one.data !== "" || one.name !== "");
  }
}

function readOne(text: string): Told {
  const told: Told = { name: "", id: "", data: "" };
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    // A line that begins with a colon is a heartbeat.
    if (at < 1) continue;
    const value = line.slice(at + 1).replace(/^ /, "");
    if (line.startsWith("event:")) told.name = value;
    if (line.startsWith("id:")) told.id = value;
    if (line.startsWith("data:")) told.data += value;
  }
  return told;
}
