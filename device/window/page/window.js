// Shows what the agent says of itself, again and again.

import { offer } from "/acts.js";
import { showList } from "/tasks.js";
import { clock, counted, current, hour, known, say, span, toggle } from "/words.js";

const EVERY_MS = 5000;
const SIGNS = { on_duty: "●", paused: "Ⅱ", break: "Ⅱ", off_duty: "○", no_plan: "○", clock: "⚠" };
const FAULTS = new Set([
  "missing", "busy", "forbidden", "lost", "silent", "unreadable", "unreachable", "no_device", "ended",
]);
const PARTS = ["proven", "plausible", "outside", "unknown", "excused"];
const at = (id) => document.getElementById(id);
let state = null;

function node(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function showWords() {
  document.documentElement.lang = current() === "zh" ? "zh-CN" : "en";
  at("language").textContent = say("other");
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
}

// A number stays on one line with what it counts.
const whole = (text) => text.replaceAll(" ", "\u00a0");

function put(id, text) {
  // What stays the same is not read out again.
  if (at(id).textContent !== text) at(id).textContent = text;
}

function showDuty({ duty }) {
  at("duty").dataset.on = duty.is_on_duty;
  put("duty-sign", SIGNS[duty.reason] ?? "○");
  put("duty-text", say(`duty_${duty.reason}`));
  const next = !duty.is_on_duty && duty.next_start ? ` ${say("next", { at: clock(duty.next_start) })}` : "";
  const until = duty.until ? clock(duty.until) : "";
  put("duty-more", say(`more_${duty.reason}`, { until }) + next);
  for (const id of ["open-checkin", "open-report"]) at(id).disabled = !duty.is_on_duty;
  at("pause").hidden = !(duty.is_on_duty || duty.is_paused);
  put("pause", say(duty.is_paused ? "resume" : "pause"));
}

function fixText({ duty, fix }) {
  if (!duty.is_on_duty) return say("not_recorded");
  if (!fix) return say("no_fix");
  const parts = [say("fix", { age: span(fix.age_s) })];
  if (fix.accuracy_m !== null) parts.push(say("accuracy", { m: Math.round(fix.accuracy_m) }));
  if (fix.satellites !== null) parts.push(say("satellites", { n: fix.satellites }));
  return parts.map(whole).join(say("and"));
}

function waitingText({ waiting }) {
  const parts = ["fixes", "letters", "photos"].filter((name) => waiting[name]);
  return parts.map((name) => whole(counted(name, waiting[name]))).join(say("and")) || say("nothing_waits");
}

function showNow(seen) {
  const { duty, fix, line } = seen;
  const isOld = duty.is_on_duty && (!fix || fix.age_s > 120);
  const rows = [
    ["position", fixText(seen), isOld],
    ["line", say(line.is_connected ? "connected" : "not_connected"), !line.is_connected],
    ["waiting", waitingText(seen), false],
    ["stored", line.stored_ago_s === null ? say("never") : say("stored_ago", { age: span(line.stored_ago_s) }), line.is_overdue],
  ];
  at("now").replaceChildren(...rows.flatMap(([word, text, isBad]) => [node("dt", say(word)), node("dd", text, isBad ? "care" : "")]));
}

function verdict(what, today) {
  const judged = today.verdicts[what];
  if (!judged) return [];
  const box = node("div", undefined, `verdict ${judged.verdict}`);
  box.append(node("strong", say(judged.verdict)), node("br"), judged.text[current()]);
  return [box];
}

function presence(today) {
  const of = (name) => today.presence[`${name}_s`];
  const shown = PARTS.filter((name) => of(name) > 0);
  const bar = node("div", undefined, "bar");
  bar.setAttribute("aria-hidden", "true");
  for (const name of shown) bar.append(segment(name, of(name)));
  const list = node("ul", undefined, "parts");
  for (const name of shown) {
    const row = node("li");
    const label = node("span");
    label.append(node("span", undefined, `key ${name}`), say(name));
    row.append(label, node("span", span(of(name))));
    list.append(row);
  }
  return [node("h3", say("presence")), bar, list, ...verdict("presence", today)];
}

function segment(name, seconds) {
  const made = node("span", undefined, name);
  made.style.flexGrow = seconds;
  return made;
}

function visits(today) {
  const { visit_s, low_s, high_s } = today.visit_time;
  const total = say("visit_best", { best: span(visit_s), low: span(low_s), high: span(high_s) });
  const list = node("ul", undefined, "visits");
  for (const one of today.visits) {
    const row = node("li");
    const place = one.premises_id ? ` · ${one.premises_id}` : "";
    row.append(node("span", `${hour(one.start)}–${hour(one.end)}${place}`), node("small", known(`grade_${one.grade}`, one.grade)));
    list.append(row);
  }
  if (!today.visits.length) list.append(node("li", say("no_visits")));
  return [node("h3", say("visit")), node("p", total), ...verdict("visit", today), list];
}

function showToday({ today }) {
  if (!today) {
    at("today").replaceChildren(node("p", say("no_today"), "quiet"));
    return;
  }
  const made = `${today.day} · ${say(today.provisional ? "provisional" : "final")}`;
  const coverage = verdict("coverage", today);
  if (coverage.length) coverage.unshift(node("h3", say("coverage")));
  const when = node("p", say("computed", { at: clock(today.computed_at) }), "quiet");
  at("today").replaceChildren(node("p", made, "quiet"), ...presence(today), ...visits(today), ...coverage, when);
}

function showNotice({ notice }) {
  const lines = [];
  if (notice) {
    lines.push(say("notice_what", { moving: notice.moving_s, standing: notice.standing_s, heartbeat: notice.heartbeat_s }));
    lines.push(say("notice_days", { days: notice.days }));
    const purposes = notice.purposes.map((one) => known(`purpose_${one}`, one)).join(say("and"));
    if (purposes) lines.push(say("notice_for", { purposes }));
  }
  lines.push(say("notice_off"), say("notice_sent"));
  at("notice").replaceChildren(...lines.map((text) => node("li", text)));
}

function troublesOf({ duty, line, receiver, waiting }) {
  const troubles = line.is_overdue ? ["overdue"] : [];
  if (waiting.trouble) troubles.push("storage");
  if (duty.is_on_duty && FAULTS.has(receiver.condition)) troubles.push("receiver");
  if (duty.is_on_duty && ["open", "short"].includes(receiver.antenna)) troubles.push("antenna");
  return troubles;
}

function show(seen) {
  state = seen;
  put("terminal", seen.terminal_id);
  const troubles = troublesOf(seen);
  at("trouble").hidden = !troubles.length;
  put("trouble", troubles.map((word) => say(word)).join(" "));
  showDuty(seen);
  showNow(seen);
  showList(seen);
  showToday(seen);
  showNotice(seen);
}

async function refresh() {
  try {
    const answer = await fetch("/api/state", { cache: "no-store" });
    show(await answer.json());
  } catch {
    at("trouble").hidden = false;
    put("trouble", say("unreachable"));
  }
}

at("language").addEventListener("click", () => {
  toggle();
  showWords();
  if (state) show(state);
});
document.addEventListener("visibilitychange", () => document.hidden || refresh());
setInterval(() => document.hidden || refresh(), EVERY_MS);
showWords();
offer({ state: () => state, refresh });
refresh();
