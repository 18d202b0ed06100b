/** A photo that needs a token: a small picture, which leads to the whole one. */
import { useEffect, useState } from "preact/hooks";
import type { Holder } from "../session";
import type { Language } from "../words";
import { LIST_WORDS } from "./words";

interface Given { holder: Holder; path: string; alt: string; language: Language }

export function Photo({ holder, path, alt, language }: Given) {
  const words = LIST_WORDS[language];
  const [isWhole, setWhole] = useState(false);
  const { address, status } = usePicture(holder, isWhole ? path : `${path}/thumbnail`);
  if (status !== 0) return <span class="photo">{status === 422 ? words.photo_hidden : words.photo_wait}</span>;
  if (address === null) return <span class="photo" aria-busy="true" />;
  return <button type="button" class="photo_button" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>
    <img class={isWhole ? "photo whole" : "photo"} src={address} alt={alt} /></button>;
}

/** The address of a picture that is fetched, and given back when it is not shown any more. */
function usePicture(holder: Holder, path: string): { address: string | null; status: number } {
  const [picture, setPicture] = useState<{ address: string | null; status: number }>({ address: null, status: 0 });
  useEffect(() => {
    let made: string | null = null;
    let left = false;
    setPicture({ address: null, status: 0 });
    void holder.ask(path).then(async (answer) => {
      const piece = answer.ok ? await answer.blob() : null;
      if (left) return;
      made = piece === null ? null : URL.createObjectURL(piece);
      setPicture({ address: made, status: answer.ok ? 0 : answer.status });
    }).catch(() => { if (!left) setPicture({ address: null, status: 503 }); });
    return () => { left = true; if (made !== null) URL.revokeObjectURL(made); };
  }, [holder, path]);
  return picture;
}
