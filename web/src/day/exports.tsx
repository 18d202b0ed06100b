/** Buttons that fetch files; a link could not carry the token. */
import { useState } from "preact/hooks";
import type { Holder } from "../session";
import { save } from "./saving";

export interface Export { label: string; path: string; name: string; accept?: string }

export function Exports({ holder, exports, failed }: { holder: Holder; exports: readonly Export[]; failed: string }) {
  const [busy, setBusy] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  const fetchOne = async ({ path, name, accept }: Export) => {
    setBusy(path);
    setWrong(!(await save(holder, path, name, accept)));
    setBusy(null);
  };
  return (
    <div class="exports">
      {exports.map((one) => (
        <button key={one.path} type="button" disabled={busy !== null} aria-busy={busy === one.path} onClick={() => void fetchOne(one)}>{one.label}</button>
      ))}
      {wrong && <p role="alert">{failed}</p>}
    </div>
  );
}

/** What can be taken away of a worker-day. */
export function dayExports(worker_id: string, day: string, words: Record<"export_file" | "export_gpx" | "export_visits", string>): Export[] {
  const path = `v1/workers/${encodeURIComponent(worker_id)}/days/${day}`;
  return [
    { label: words.export_file, path: `${path}/file`, name: `${worker_id}-${day}.zip` },
    { label: words.export_gpx, path: `${path}/track.gpx`, name: `${worker_id}-${day}.gpx` },
    { label: words.export_visits, path: `${path}/visits`, name: `${worker_id}-${day}-visits.csv`, accept: "text/csv" },
  ];
}
