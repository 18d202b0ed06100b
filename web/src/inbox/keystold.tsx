/** Which keys the list knows. */
import type { Language } from "../words";
import { LIST_WORDS } from "./words";

export function KeysTold({ language, more = [] }: { language: Language; more?: readonly (readonly [string, string])[] }) {
  const words = LIST_WORDS[language];
  const all = [["↑ ↓ j k", words.key_move], [words.key_space, words.key_choose], ["Ctrl A", words.key_all], ["Esc", words.key_none], ...more];
  return <p class="keys quiet">{all.map(([key, what]) => <span><kbd>{key}</kbd> {what}{"  "}</span>)}</p>;
}
