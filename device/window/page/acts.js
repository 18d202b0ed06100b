// What the worker can do: pause, check in, report, call for help.

import { counted, known, say } from "/words.js";

const HOLD_MS = 2000;
const SAID_MS = 6000;
const at = (id) => document.getElementById(id);
let window_ = null;
let silence = 0;
let token = document.querySelector("meta[name=token]").content;

function tell(text, isBad = false) {
  clearTimeout(silence);
  // What is said under an open dialog nobody sees.
  (document.querySelector("dialog[open]") ?? document.body).append(at("said"));
  at("said").textContent = text;
  at("said").classList.toggle("bad", isBad);
  silence = setTimeout(() => (at("said").textContent = ""), SAID_MS);
}

function send(path, body, type) {
  const headers = { "Content-Type": type, "X-Gridpatrol-Token": token };
  return fetch(path, { method: "POST", headers, body });
}

// The agent was started anew since the page was opened.
async function renewToken() {
  const page = await (await fetch("/", { cache: "no-store" })).text();
  token = page.match(/name="token" content="([^"]+)"/)?.[1] ?? token;
}

async function post(path, body, type) {
  let answer = await send(path, body, type);
  if (answer.status === 403) {
    await renewToken();
    answer = await send(path, body, type);
  }
  const said = await answer.json();
  if (!answer.ok) throw new Error(known(`no_${said.code}`, said.error));
  return said;
}

async function act(path, body, done, dialog) {
  try {
    await post(path, JSON.stringify(body), "application/json");
    await window_.refresh();
    dialog?.close();
    if (done) tell(say(done) + say(window_.state()?.line.is_connected ? "done_goes" : "done_waits"));
  } catch (error) {
    tell(say("refused", { reason: error.message }), true);
  }
}

function offerPause() {
  at("pause").addEventListener("click", () =>
    act(window_.state().duty.is_paused ? "/api/resume" : "/api/pause", {}),
  );
}

let premises = null;

// At the premises of the list that the worker has chosen, or at none in particular.
export function checkInAt(key, name) {
  premises = key;
  at("checkin-place").hidden = !key;
  at("checkin-place").textContent = name;
  at("token").value = "";
  at("checkin").showModal();
}

function offerCheckin() {
  at("open-checkin").addEventListener("click", () => checkInAt(null, ""));
  for (const button of document.querySelectorAll("[data-phase]")) {
    button.addEventListener("click", () => {
      const token = at("token").value.trim();
      at("checkin").close();
      const where = premises && { premises_id: premises };
      act("/api/checkin", { phase: button.dataset.phase, ...(token && { token }), ...where }, "done_checkin");
    });
  }
  // A reader that types ends with Enter, which must not choose for the worker.
  at("token").addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
}

function chip(code) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "category", value: code });
  const text = document.createElement("span");
  text.textContent = known(`category_${code}`, code);
  label.append(input, text);
  return label;
}

function showChosen() {
  const n = at("photo").files.length;
  at("photo-text").textContent = n ? counted("photos_chosen", n) : say("photo");
}

async function sendReport() {
  const category = document.querySelector("input[name=category]:checked")?.value;
  const text = at("words").value.trim();
  const files = [...at("photo").files];
  if (!category) return tell(say("need_category"), true);
  if (!files.length) return tell(say("need_photo"), true);
  at("send").disabled = true;
  at("send").textContent = say("sending");
  try {
    const photos = [];
    for (const file of files) {
      photos.push((await post("/api/photos", file, file.type || "application/octet-stream")).photo);
    }
    const about = facility && { facility_id: facility };
    await act("/api/report", { category, text, photos, ...about }, "done_report", at("reporting"));
  } catch (error) {
    tell(say("refused", { reason: error.message }), true);
  } finally {
    at("send").disabled = false;
    at("send").textContent = say("send");
  }
}

let facility = null;

// About a thing of the list that the worker has chosen, or about none in particular.
export function reportOn(key, name, category) {
  facility = key;
  at("report-form").reset();
  at("report-place").hidden = !key;
  at("report-place").textContent = name;
  at("categories").replaceChildren(...(window_.state()?.categories ?? []).map(chip));
  const known = [...document.querySelectorAll("input[name=category]")].find((one) => one.value === category);
  if (known) known.checked = true;
  showChosen();
  at("reporting").showModal();
}

function offerReport() {
  at("open-report").addEventListener("click", () => reportOn(null, "", null));
  at("photo").addEventListener("change", showChosen);
  at("leave").addEventListener("click", () => at("reporting").close());
  at("report-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sendReport();
  });
}

function offerHelp() {
  const button = at("sos");
  let timer = 0;
  let isTouched = false;
  const call = () => act("/api/sos", {}, "done_sos");
  const begin = () => {
    isTouched = true;
    button.classList.add("held");
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      end();
      navigator.vibrate?.(300);
      call();
    }, HOLD_MS);
  };
  const end = () => {
    button.classList.remove("held");
    if (timer) tell(say("hold_longer"));
    clearTimeout(timer);
    timer = 0;
  };
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    begin();
  });
  for (const kind of ["pointerup", "pointercancel", "blur"]) button.addEventListener(kind, end);
  const isKey = (event) => event.key === " " || event.key === "Enter";
  button.addEventListener("keydown", (event) => {
    if (!isKey(event)) return;
    event.preventDefault();
    if (!event.repeat) begin();
  });
  button.addEventListener("keyup", (event) => isKey(event) && end());
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  // A screen reader presses without holding: it is asked instead.
  button.addEventListener("click", () => {
    if (!isTouched) at("sure").showModal();
    isTouched = false;
  });
  at("sos-yes").addEventListener("click", () => {
    at("sure").close();
    call();
  });
}

export function offer(parts) {
  window_ = parts;
  offerPause();
  offerCheckin();
  offerReport();
  offerHelp();
}
