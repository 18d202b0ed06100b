/** What an import would do, has done, or cannot do, row by row. */
import { fill, tellMonth } from "../day/moments";
import type { Language } from "../words";
import type { Imported, Outcome, RowProblem } from "./asking";
import { IMPORTS_WORDS } from "./words";

export function Told({ outcome, language }: { outcome: Outcome; language: Language }) {
  const words = IMPORTS_WORDS[language];
  if ("refusal" in outcome) return <p role="alert">{words[`r_${outcome.refusal}`]} {outcome.detail !== "" && <span lang="en">{outcome.detail}</span>}</p>;
  if ("problems" in outcome) return <Problems problems={outcome.problems} language={language} />;
  if (outcome.told.problems.length > 0) return <Problems problems={outcome.told.problems} language={language} />;
  return <Sums told={outcome.told} language={language} />;
}

function Sums({ told, language }: { told: Imported; language: Language }) {
  const words = IMPORTS_WORDS[language];
  const rows: [string, string | number][] = [
    [words.rows, told.rows], [words.added, told.added], [words.changed, told.changed], [words.unchanged, told.unchanged],
    [words.days_marked, told.days_marked], [words.verdicts, told.verdicts_concerned],
    [words.frozen, told.frozen_months.map((month) => tellMonth(month, language)).join(", ") || words.none],
    ...(told.change_id === null || told.dry_run ? [] : [[words.change, told.change_id] as [string, number]]),
  ];
  return (
    <div role="status" class="told">
      <p>{told.dry_run ? words.would : words.did}</p>
      <dl>{rows.map(([what, count]) => <><dt>{what}</dt><dd>{count}</dd></>)}</dl>
    </div>
  );
}

function Problems({ problems, language }: { problems: readonly RowProblem[]; language: Language }) {
  const words = IMPORTS_WORDS[language];
  const title = fill(words.problems, { count: problems.length });
  return (
    <>
      <p role="alert">{title}</p>
      <div class="scrolled" tabIndex={0} role="region" aria-label={title}>
        <table>
          <thead><tr><th scope="col">{words.row}</th><th scope="col">{words.field}</th><th scope="col">{words.what}</th></tr></thead>
          <tbody>{problems.map((one) => <tr><td>{one.row ?? ""}</td><td>{one.field ?? ""}</td><td lang="en">{one.detail}</td></tr>)}</tbody>
        </table>
      </div>
    </>
  );
}
