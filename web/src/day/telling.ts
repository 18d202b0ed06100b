/** What a piece of the timeline says, in words: for the eye, for a pointer, and for who listens. */
import type { Language } from "../words";
import { calledIn, type Visit } from "./facts";
import type { Piece } from "./lanes";
import { fill, tellClock, tellLength, tellPercent } from "./moments";
import { restingOf, type Run } from "./playing";
import { DAY_WORDS, type DayKey } from "./words";

export interface Said { title: string; when: string; evidence: string[] }
type Lines = (piece: Piece) => string[];

/** A function that tells pieces of a day with these runs. */
export function teller(runs: readonly Run[], language: Language): (piece: Piece) => Said {
  const word = (key: DayKey, values: Record<string, string | number> = {}) => fill(DAY_WORDS[language][key], values);
  const length = (length_s: number) => tellLength(length_s, language);
  const resting = (piece: Piece): string => {
    const { fixes, silence_s, accuracy_m } = restingOf(runs, piece);
    const rests = word("rests_on", { fixes, silence: length(silence_s) });
    return accuracy_m === null ? rests : `${rests}, ${word("accuracy", { metres: Math.round(accuracy_m) })}`;
  };
  const lines: Lines = (piece) => {
    switch (piece.of) {
      case "presence": return [
        resting(piece), ...(piece.kind === "unknown" ? [word("unknown_why")] : []), word("grid", { grid: piece.fact.grid_id }),
      ];
      case "excused": return [piece.fact.reason];
      case "visit": return visitLines(piece);
      case "pass": return [word("p_pass", { percent: tellPercent(piece.fact.p, language) })];
      case "fixes": return [accuracyLine(piece)];
      case "finding": return [piece.fact.text, piece.fact.explanation === null ? "" : `${word("said")} ${piece.fact.explanation}`].filter(Boolean);
      case "report": return [piece.fact.report.text ?? "", word("photos_count", { count: piece.fact.report.photos.length })].filter(Boolean);
    }
  };
  const visitLines = ({ fact }: Extract<Piece, { of: "visit" }>): string[] => [
    word(`grade_${fact.grade.toLowerCase() as "a" | "b" | "c"}_why`),
    ...tellVisit(fact, language),
  ];
  const accuracyLine = (piece: Piece): string => {
    const { accuracy_m } = restingOf(runs, { ...piece, end_ms: piece.end_ms + 1 });
    return accuracy_m === null ? word("accuracy_unknown") : word("accuracy", { metres: Math.round(accuracy_m) });
  };
  const title = (piece: Piece): string => {
    if (piece.of === "visit") return `${word(piece.kind)}: ${nameOf(piece.fact)}`;
    if (piece.of === "pass") return `${word("pass")}: ${piece.fact.checkpoint_name || piece.fact.checkpoint_id}`;
    if (piece.of === "fixes") return word("fixes_count", { fixes: piece.fact.fixes.length, terminal: piece.fact.terminal_id });
    if (piece.of === "finding") return `${word("finding")}: ${word(`finding_${piece.fact.status}`)}`;
    return piece.of === "report" ? `${word("report")}: ${calledIn(piece.fact, language)}` : word(piece.kind);
  };
  return (piece) => ({ title: title(piece), when: tellSpan(piece, language), evidence: lines(piece) });
}

/** What a visit rests on: the seconds of each kind of evidence that there is, and how probable it is. */
export function tellVisit(visit: Visit, language: Language): string[] {
  const words = DAY_WORDS[language];
  const seconds: [string, number][] = [
    [words.observed, visit.observed_s], [words.bridged, visit.bridged_s], [words.check_in, visit.check_in_s],
  ];
  const probable: [string, number | null][] = [[words.p_any, visit.p_any], [words.p_premises, visit.p_premises]];
  const comma = language === "zh" ? "，" : ", ";
  return [
    seconds.filter(([, time_s]) => time_s > 0).map(([text, time_s]) => fill(text, { time: tellLength(time_s, language) })).join(comma),
    probable.flatMap(([text, p]) => (p === null ? [] : [fill(text, { percent: tellPercent(p, language) })])).join(comma),
  ].filter(Boolean);
}

export function nameOf(visit: { premises_name: string; premises_id: string }): string {
  return visit.premises_name || visit.premises_id;
}

/** `09:00 to 09:20, 20 min`; a moment is one time alone. */
export function tellSpan({ start_ms, end_ms }: { start_ms: number; end_ms: number }, language: Language): string {
  if (end_ms <= start_ms) return tellClock(start_ms, language, true);
  // Seconds where the minutes are the same.
  const seconds = end_ms - start_ms < 120_000;
  return fill(DAY_WORDS[language].span, {
    from: tellClock(start_ms, language, seconds), to: tellClock(end_ms, language, seconds),
    length: tellLength((end_ms - start_ms) / 1000, language),
  });
}
