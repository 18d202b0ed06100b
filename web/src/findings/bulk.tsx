/** Several findings that are dismissed for one reason; each is answered by itself. */
import { useState } from "preact/hooks";
import { fill } from "../day/moments";
import type { Holder } from "../session";
import type { Language } from "../words";
import { decideAll, type Bulk, type Finding, type Given, type Reasons } from "./asking";
import { DecisionForm } from "./deciding";
import { FINDINGS_WORDS } from "./words";

interface BulkGiven { holder: Holder; findings: readonly Finding[]; reasons: Reasons; language: Language; onDone: () => void; onCancel: () => void }

export function BulkDismissal({ holder, findings, reasons, language, onDone, onCancel }: BulkGiven) {
  const words = FINDINGS_WORDS[language];
  const [draft, setDraft] = useState<Given>({ status: "dismissed", reason_code: "", text: "" });
  const [count, setCount] = useState<number | null>(null);
  const [bulk, setBulk] = useState<(Bulk & { of: number }) | null>(null);
  const submit = async () => {
    setCount(0);
    const of = findings.length;
    setBulk({ ...(await decideAll(holder, findings, draft, setCount)), of });
    setCount(null);
    onDone();
  };
  return (
    <section class="opened" aria-label={fill(words.bulk, { count: findings.length })}>
      {bulk !== null && <Told bulk={bulk} language={language} />}
      {findings.length > 0 && <>
        <h3>{fill(words.bulk, { count: findings.length })}</h3>
        <p class="quiet">{words.bulk_why}</p>
        {count !== null && <p role="status">{fill(words.bulk_doing, { done: count, count: findings.length })}</p>}
        <DecisionForm offered={["dismissed"]} {...{ draft, reasons, language }} busy={count !== null} submit={fill(words.bulk_go, { count: findings.length })}
          onDraft={setDraft} onSubmit={() => void submit()} onCancel={onCancel} />
      </>}
    </section>
  );
}

function Told({ bulk, language }: { bulk: Bulk & { of: number }; language: Language }) {
  const words = FINDINGS_WORDS[language];
  return (
    <div role="status" class="told">
      <p>{fill(words.bulk_done, { done: bulk.done, count: bulk.of })}</p>
      <ul>{bulk.refused.map(({ finding, refusal }) => <li>{finding.worker_name} ({finding.worker_id}), {finding.day}: {words[`r_${refusal}`]}</li>)}</ul>
    </div>
  );
}
