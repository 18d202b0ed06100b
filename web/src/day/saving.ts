/** Files that need a token: fetched, then given to the browser to keep. */
import type { Holder } from "../session";

/** Fetch `path` and let the browser keep it as `name`; whether it came. */
export async function save(holder: Holder, path: string, name: string, accept?: string): Promise<boolean> {
  const answer = await holder.ask(path, accept === undefined ? {} : { headers: { Accept: accept } }).catch(() => null);
  if (answer === null || !answer.ok) return false;
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it up by then; sooner, some lose it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return true;
}
