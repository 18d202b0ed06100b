/** Times, days and lengths in words; times are of the zone of whoever looks, and the screen says which. */
import type { Language } from "../words";

const TAGS = { en: "en-GB", zh: "zh-CN" } as const;
// Made once each: to make one takes longer than to tell a hundred times, and a day that plays tells at every frame.
const MADE = new Map<string, Intl.DateTimeFormat>();

function formatter(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const made = MADE.get(key) ?? new Intl.DateTimeFormat(TAGS[language], options);
  MADE.set(key, made);
  return made;
}

/** `09:31`, or with seconds `09:31:20`. */
export function tellClock(at: number | string, language: Language, seconds = false): string {
  return formatter(language, {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds ? { second: "2-digit" } : {}),
  }).format(new Date(at));
}

/** Day and time. */
export function tellMoment(at: number | string, language: Language): string {
  return formatter(language, {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).format(new Date(at));
}

/** A local day, `2026-11-22`, with its day of the week. */
export function tellDay(day: string, language: Language): string {
  return formatter(language, {
    year: "numeric", month: "short", day: "numeric", weekday: "short", timeZone: "UTC",
  }).format(new Date(`${day}T00:00:00Z`));
}

/** A local day without its day of the week. */
export function tellDate(day: string, language: Language): string {
  return formatter(language, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" })
    .format(new Date(`${day}T00:00:00Z`));
}

/** A month, `2026-11` or its first day. */
export function tellMonth(month: string, language: Language): string {
  return formatter(language, { year: "numeric", month: "long", timeZone: "UTC" })
    .format(new Date(`${month.slice(0, 7)}-01T00:00:00Z`));
}

/** A length of time: hours and minutes, below ten minutes minutes and seconds. */
export function tellLength(length_s: number, language: Language): string {
  const whole_s = Math.max(0, Math.round(length_s));
  const zh = language === "zh";
  if (whole_s < 60) return zh ? `${whole_s} 秒` : `${whole_s} s`;
  if (whole_s < 600) {
    const rest_s = whole_s % 60;
    const minutes = Math.floor(whole_s / 60);
    if (rest_s === 0) return zh ? `${minutes} 分钟` : `${minutes} min`;
    return zh ? `${minutes} 分 ${rest_s} 秒` : `${minutes} min ${rest_s} s`;
  }
  const minutes = Math.round(whole_s / 60);
  if (minutes < 60) return zh ? `${minutes} 分钟` : `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), String(minutes % 60).padStart(2, "0")];
  return zh ? `${hours} 小时 ${rest} 分` : `${hours} h ${rest} min`;
}

export function tellPercent(part: number, language: Language): string {
  return new Intl.NumberFormat(TAGS[language], { style: "percent", maximumFractionDigits: 0 }).format(part);
}

/** The time zone of this machine, in words. */
export function tellZone(language: Language, at = Date.now()): string {
  const parts = formatter(language, { timeZoneName: "long" }).formatToParts(new Date(at));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "UTC";
}

/** The day so many days later, or earlier. */
export function movedDay(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Today by the clock of this machine. */
export function today(now = new Date()): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

/** Whether a text is a day that there is. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** `text` with each `{name}` replaced by its value. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
