// Numbers as people read them: three digits, a unit, the same width wherever they stand in a column.
//
// It must not know where a number comes from. The surprise: a number that is not there is a dash and not a zero, since
// "no requests" and "no errors" are different news.

const NONE = "–";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/// A count: `3,120`.
export function count(value) {
  return isNumber(value) ? whole.format(value) : NONE;
}

/// Requests per second: `0.4`, `12.3`, `340`, `12.3k`.
export function rate(value) {
  if (!isNumber(value)) return NONE;
  if (value >= 10_000) return `${(value / 1000).toFixed(1)}k`;
  return value >= 100 || value === 0 ? value.toFixed(0) : value.toFixed(1);
}

/// A number beside an axis: without the digits that say nothing.
export function short(value) {
  return value >= 10_000 ? `${value / 1000}k` : String(Number(value.toPrecision(4)));
}

/// A duration given in seconds: `0.41 ms`, `4.1 ms`, `340 ms`, `1.2 s`.
export function took(seconds) {
  if (!isNumber(seconds)) return NONE;
  const ms = seconds * 1000;
  if (ms >= 1000) return `${digits(seconds)} s`;
  return `${digits(ms)} ms`;
}

function digits(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 || value === 0 ? value.toFixed(value === 0 ? 0 : 1) : value.toPrecision(2);
}

/// A share from 0 to 1 in percent: `0 %`, `0.096 %`, `4.2 %`, `42 %`.
export function share(value) {
  if (!isNumber(value)) return NONE;
  const percent = value * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.001) return "< 0.001 %";
  if (percent >= 99.95) return "100 %";
  return `${percent >= 10 ? percent.toFixed(percent >= 99 ? 1 : 0) : Number(percent.toPrecision(2))} %`;
}

/// A dial: `25 %`.
export function percent(value) {
  return isNumber(value) ? `${value} %` : NONE;
}

/// A length of time in seconds, in words: `12 s`, `5 min`, `3 h`, `2 d`.
export function span(seconds) {
  if (!isNumber(seconds)) return NONE;
  const steps = [[86_400, "d"], [3600, "h"], [60, "min"]];
  const [length, unit] = steps.find(([length]) => seconds >= 2 * length) ?? [1, "s"];
  return `${Math.floor(seconds / length)} ${unit}`;
}

/// The time of day of a Date.
export function clock(date) {
  return date.toLocaleTimeString("en-GB");
}

/// Day and time of an RFC 3339 string or of unix milliseconds; what cannot be read is shown as it is.
export function moment(at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at ?? NONE);
  const day = date.toDateString() === new Date().toDateString() ? "today" : date.toLocaleDateString("sv");
  return `${day} ${clock(date)}`;
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}
