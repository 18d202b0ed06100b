// The list of the worker's day: the next things first, what is on record behind them.

import { checkInAt, reportOn } from "/acts.js";
import { clock, counted, current, known, say } from "/words.js";

const SIGNS = { seen: "✓", not_seen: "○", unknown: "○" };
// As many as fit under a thumb without scrolling far.
const FIRST = 6;
const at = (id) => document.getElementById(id);
let shown = "";

function node(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function nameOf(task, guides) {
  const category = guides[task.category]?.names[current()] ?? known(`category_${task.category}`, task.category ?? "");
  const parts = [category, task.name || (category ? "" : task.key)].filter(Boolean);
  return `${say(`kind_${task.kind}`)} · ${parts.join(" ")}`;
}

function whyOf(task) {
  const reason = task.reason ? known(`wish_${task.reason}`, task.reason) : "";
  return [say(`why_${task.why}`), reason].filter(Boolean).join(say("and"));
}

function guideOf(task, guides) {
  const guide = guides[task.category];
  if (guide) return ["look_at", "photograph", "climb_when"].map((name) => [name, guide[name][current()]]);
  if (!["patrol", "visit"].includes(task.kind)) return [];
  return [["look_at", say(`guide_${task.kind}`)], ["photograph", say("guide_photo")], ["climb_when", say("guide_climb")]];
}

function more(task, guides, seen) {
  const box = node("div", undefined, "more");
  const facts = [say(`seen_${task.seen}`)];
  if (task.last_on) facts.push(say("last_on", { day: task.last_on }));
  if (task.due_at) facts.push(say("due", { at: clock(task.due_at) }));
  box.append(node("p", facts.join(say("and")), "quiet"));
  const list = node("dl");
  for (const [word, text] of guideOf(task, guides)) if (text) list.append(node("dt", say(word)), node("dd", text));
  box.append(list);
  const deeds = {
    visit: ["checkin_here", () => checkInAt(task.key, nameOf(task, guides))],
    check: ["report_here", () => reportOn(task.key, nameOf(task, guides), task.category)],
  };
  if (deeds[task.kind] && seen.duty.is_on_duty) {
    const [word, deed] = deeds[task.kind];
    const button = node("button", say(word));
    button.type = "button";
    button.addEventListener("click", deed);
    box.append(button);
  }
  return box;
}

function row(task, guides, seen) {
  const item = node("li", undefined, task.seen);
  const details = node("details");
  const summary = node("summary");
  const sign = node("span", SIGNS[task.seen]);
  sign.setAttribute("aria-hidden", "true");
  const text = node("span", nameOf(task, guides));
  text.append(node("small", whyOf(task)));
  summary.append(sign, text);
  if (task.leg_m !== null) summary.append(node("small", say("leg", { m: task.leg_m })));
  details.append(summary, more(task, guides, seen));
  item.append(details);
  return item;
}

function rows(tasks, list, seen) {
  const made = node("ul", undefined, "tasks");
  made.append(...tasks.map((task) => row(task, list.guides, seen)));
  return made;
}

function folded(word, tasks, list, seen) {
  if (!tasks.length) return [];
  const details = node("details");
  details.append(node("summary", counted(word, tasks.length)), rows(tasks, list, seen));
  return [details];
}

export function showList(seen) {
  const { list, duty } = seen;
  // What the worker has unfolded stays so while nothing changes.
  const now = JSON.stringify([list && { ...list, computed_at: "" }, duty.is_on_duty, current()]);
  if (now === shown) return;
  shown = now;
  if (!list) {
    at("list").replaceChildren(node("p", say("no_list"), "quiet"));
    return;
  }
  const open = list.tasks.filter((one) => one.seen !== "seen");
  const done = list.tasks.filter((one) => one.seen === "seen");
  const off = list.left_off ? [node("p", counted("list_off", list.left_off), "quiet")] : [];
  at("list").replaceChildren(
    node("p", `${say("list_of", { day: list.day })} · ${say("list_aid")}`, "quiet"),
    rows(open.slice(0, FIRST), list, seen),
    ...folded("list_rest", open.slice(FIRST), list, seen),
    ...folded("list_seen", done, list, seen),
    ...off,
  );
}
