// Time operators: START_TIME and its kin with strftime formats (Envoy: `%s`, `%f`, `%1f`…`%9f` besides the C ones), cached by second.
import { FormatError, Operator } from "./format-operator.ts";
import type { StreamInfo } from "./stream-info.ts";
import { toWireText } from "./wire-text.ts";

/** What Envoy prints without an argument, e.g. `2026-11-24T19:36:16.308Z`. */
export const DEFAULT_TIME_FORMAT = "%Y-%m-%dT%H:%M:%E3SZ";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Calendar fields of a moment, in UTC or local time. */
interface Calendar {
  year: number;
  /** 0..11 */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: number;
  /** 0..365 */
  yearDay: number;
  /** Minutes east of UTC. */
  offsetMinutes: number;
  zone: string;
  epochSeconds: number;
}

function calendarOf(epochSeconds: number, isLocal: boolean): Calendar {
  const utc = new Date(epochSeconds * 1000);
  const offsetMinutes = isLocal ? -utc.getTimezoneOffset() : 0;
  const shifted = isLocal ? new Date((epochSeconds + offsetMinutes * 60) * 1000) : utc;
  const year = shifted.getUTCFullYear();
  return {
    year,
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    weekday: shifted.getUTCDay(),
    yearDay: Math.floor((shifted.getTime() - Date.UTC(year, 0, 1)) / 86_400_000),
    offsetMinutes,
    zone: isLocal ? zoneName(utc) : "UTC",
    epochSeconds,
  };
}

function zoneName(date: Date): string {
  const part = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(date);
  return part.find((p) => p.type === "timeZoneName")?.value ?? "UTC";
}

const two = (n: number) => n < 10 ? `0${n}` : `${n}`;
const space2 = (n: number) => n < 10 ? ` ${n}` : `${n}`;
const three = (n: number) => `${n}`.padStart(3, "0");

function isoWeek(c: Calendar): { year: number; week: number } {
  const weekday = (c.weekday + 6) % 7;
  const week = Math.floor((c.yearDay - weekday + 10) / 7);
  const weeksIn = (year: number) => {
    const p = (y: number) => (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400)) % 7;
    return p(year) === 4 || p(year - 1) === 3 ? 53 : 52;
  };
  if (week < 1) return { year: c.year - 1, week: weeksIn(c.year - 1) };
  if (week > weeksIn(c.year)) return { year: c.year + 1, week: 1 };
  return { year: c.year, week };
}

function offset(c: Calendar, separator: string): string {
  const minutes = Math.abs(c.offsetMinutes);
  return `${c.offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

/** Conversions that depend on the second only. */
const CONVERSIONS: Readonly<Record<string, (c: Calendar) => string>> = {
  Y: (c) => `${c.year}`,
  C: (c) => two(Math.floor(c.year / 100)),
  y: (c) => two(c.year % 100),
  m: (c) => two(c.month + 1),
  d: (c) => two(c.day),
  e: (c) => space2(c.day),
  H: (c) => two(c.hour),
  I: (c) => two(c.hour % 12 || 12),
  k: (c) => space2(c.hour),
  l: (c) => space2(c.hour % 12 || 12),
  M: (c) => two(c.minute),
  S: (c) => two(c.second),
  p: (c) => c.hour < 12 ? "AM" : "PM",
  P: (c) => c.hour < 12 ? "am" : "pm",
  j: (c) => three(c.yearDay + 1),
  a: (c) => DAYS[c.weekday]!.slice(0, 3),
  A: (c) => DAYS[c.weekday]!,
  b: (c) => MONTHS[c.month]!.slice(0, 3),
  h: (c) => MONTHS[c.month]!.slice(0, 3),
  B: (c) => MONTHS[c.month]!,
  u: (c) => `${c.weekday || 7}`,
  w: (c) => `${c.weekday}`,
  U: (c) => two(Math.floor((c.yearDay + 7 - c.weekday) / 7)),
  W: (c) => two(Math.floor((c.yearDay + 7 - (c.weekday + 6) % 7) / 7)),
  V: (c) => two(isoWeek(c).week),
  G: (c) => `${isoWeek(c).year}`,
  g: (c) => two(isoWeek(c).year % 100),
  D: (c) => `${two(c.month + 1)}/${two(c.day)}/${two(c.year % 100)}`,
  x: (c) => `${two(c.month + 1)}/${two(c.day)}/${two(c.year % 100)}`,
  F: (c) => `${c.year}-${two(c.month + 1)}-${two(c.day)}`,
  T: (c) => `${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  X: (c) => `${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  R: (c) => `${two(c.hour)}:${two(c.minute)}`,
  r: (c) => `${two(c.hour % 12 || 12)}:${two(c.minute)}:${two(c.second)} ${c.hour < 12 ? "AM" : "PM"}`,
  c: (c) =>
    `${DAYS[c.weekday]!.slice(0, 3)} ${MONTHS[c.month]!.slice(0, 3)} ${space2(c.day)} ` +
    `${two(c.hour)}:${two(c.minute)}:${two(c.second)} ${c.year}`,
  s: (c) => `${c.epochSeconds}`,
  z: (c) => offset(c, ""),
  Ez: (c) => offset(c, ":"),
  Z: (c) => c.zone,
  t: () => "\t",
  "%": () => "%",
};

/** "As many digits as needed", with its dot (`%E*S`) or without (`%E*f`). */
const TRIMMED_AFTER_DOT = -1, TRIMMED = -2;

const TOKEN = /%(?:E([0-9*])S|E([0-9*])f|([1-9])?f|(Ez|[A-Za-z%]))/y;

/**
 * A compiled strftime format. `pieces` alternate: text that changes with the second, then the digits of a fraction to append, and so on.
 * The text of the last second is kept: a busy log rebuilds it once a second.
 */
export class TimeFormat {
  private readonly isLocal: boolean;
  private readonly pieces: (((c: Calendar) => string) | string)[][] = [[]];
  /** Fraction digits after piece i. */
  private readonly digits: number[] = [];
  private cachedSecond = NaN;
  private cached: string[] = [];

  /** An unknown conversion stands as it is, as in Envoy. Throws FormatError for a line break. */
  constructor(format: string, isLocal: boolean) {
    if (/[\r\n]|%n/.test(format)) {
      throw new FormatError(`time format ${JSON.stringify(format)} must not have line breaks`);
    }
    this.isLocal = isLocal;
    for (let at = 0; at < format.length;) {
      const piece = this.pieces.at(-1)!;
      const percent = format.indexOf("%", at);
      if (percent !== at) {
        piece.push(toWireText(percent < 0 ? format.slice(at) : format.slice(at, percent)));
        if (percent < 0) break;
        at = percent;
      }
      TOKEN.lastIndex = at;
      const found = TOKEN.exec(format);
      const conversion = found?.[4] === undefined ? undefined : CONVERSIONS[found[4]];
      if (found === null || (found[4] !== undefined && conversion === undefined)) {
        piece.push("%");
        at++;
        continue;
      }
      at = TOKEN.lastIndex;
      if (conversion !== undefined) {
        piece.push(conversion);
        continue;
      }
      const fraction = found[1] ?? found[2] ?? found[3] ?? "9";
      if (found[1] !== undefined) {
        piece.push(CONVERSIONS.S!);
        if (fraction === "0") continue;
        if (fraction !== "*") piece.push(".");
      }
      this.digits.push(fraction !== "*" ? Number(fraction) : found[1] === "*" ? TRIMMED_AFTER_DOT : TRIMMED);
      this.pieces.push([]);
    }
  }

  /** Text of a moment in milliseconds since the epoch. */
  format(wallMs: number): string {
    const second = Math.floor(wallMs / 1000);
    if (second !== this.cachedSecond) this.fill(second);
    const cached = this.cached;
    let text = cached[0]!;
    for (let i = 0; i < this.digits.length; i++) {
      text += this.fraction(wallMs - second * 1000, this.digits[i]!) + cached[i + 1]!;
    }
    return text;
  }

  private fill(second: number): void {
    const calendar = calendarOf(second, this.isLocal);
    this.cached = this.pieces.map((piece) => piece.map((p) => typeof p === "string" ? p : p(calendar)).join(""));
    this.cachedSecond = second;
  }

  private fraction(ms: number, digits: number): string {
    if (digits === 3) {
      const whole = ms | 0;
      return whole < 10 ? `00${whole}` : whole < 100 ? `0${whole}` : `${whole}`;
    }
    // Times carry microseconds at best: finer digits are zeros.
    const micros = `${Math.floor(ms * 1000)}`.padStart(6, "0");
    if (digits < 0) {
      const trimmed = micros.replace(/0+$/, "");
      return digits === TRIMMED ? trimmed || "0" : trimmed && `.${trimmed}`;
    }
    return digits <= 6 ? micros.slice(0, digits) : micros.padEnd(digits, "0");
  }
}

/** START_TIME: when the exchange began. */
export class StartTimeOperator extends Operator {
  private readonly time: TimeFormat;

  constructor(format: string, isLocal: boolean) {
    super();
    this.time = new TimeFormat(format, isLocal);
  }

  text(info: StreamInfo): string | null {
    return this.time.format(info.startWallMs);
  }
}

/** EMIT_TIME: when the line is written. */
export class EmitTimeOperator extends Operator {
  private readonly time: TimeFormat;

  constructor(format: string, isLocal: boolean) {
    super();
    this.time = new TimeFormat(format, isLocal);
  }

  text(): string | null {
    return this.time.format(Date.now());
  }
}
