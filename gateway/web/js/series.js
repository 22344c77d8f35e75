// Series of values: buckets of the history joined, gaps found. Pure functions.

/** Buckets of one answer of the history as `[time_ms, mean]`, in order of time. */
export function meansOf(history) {
  const at = history.columns.indexOf("time_ms");
  const mean = history.columns.indexOf("mean");
  return history.rows.filter((row) => row[mean] !== null).map((row) => [row[at], row[mean]]);
}

// Where nothing is known: `[from_ms, to_ms]` of each stretch within `from_ms`..`to_ms` whose buckets (`step_ms` wide) are
// missing for longer than `allowed_ms`.
export function gapsOf(series, { from_ms, to_ms, step_ms, allowed_ms }) {
  const gaps = [];
  let known_ms = from_ms;
  for (const [time] of [...series, [to_ms]]) {
    if (time - known_ms > allowed_ms) gaps.push([known_ms, time]);
    known_ms = time + step_ms;
  }
  return gaps;
}

/** Several series on one time axis for uPlot (seconds): undefined where a series has no bucket, null inside its gaps. */
export function alignOf(seriesList, gapsList) {
  const times = new Set();
  seriesList.forEach((series) => series.forEach(([time]) => times.add(time)));
  const breaks = gapsList.map((gaps) => new Set(gaps.map(([from, to]) => Math.round((from + to) / 2))));
  breaks.forEach((set) => set.forEach((time) => times.add(time)));
  const axis = [...times].sort((a, b) => a - b);
  const columns = seriesList.map((series, i) => {
    const known = new Map(series);
    return axis.map((time) => known.get(time) ?? (breaks[i].has(time) ? null : undefined));
  });
  return [axis.map((time) => time / 1000), ...columns];
}

/** `{last, lowest, highest}` of a series, null where it is empty. */
export function extremesOf(series) {
  if (series.length === 0) return null;
  const values = series.map(([, value]) => value);
  return {
    last: values.at(-1),
    lowest: values.reduce((a, b) => Math.min(a, b)),
    highest: values.reduce((a, b) => Math.max(a, b)),
  };
}

/** Stretches of several lists that touch or overlap, as one list in order of time. */
export function joinGaps(lists) {
  const joined = [];
  for (const [from, to] of lists.flat().sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** True for a point that can be drawn as a line. */
export const isDrawable = (point) => point.kind !== "state" && (point.type === "float" || point.type === "int");

const NOT_ZERO_BASED = new Set(["V", "Hz", "°C"]);

/** True where a chart of these points starts at zero: not for voltage, frequency, temperature, power factor. */
export const isZeroBased = (points) =>
  !points.some(({ unit, point }) => NOT_ZERO_BASED.has(unit) || point.includes("power_factor"));

/** The longest silence in ms that is usual for a point: its bucket, its limit, and by exception its heartbeat. */
export const allowedFor = (point, step_s) =>
  Math.max(1.5 * step_s, point.gap_after_s ?? point.stale_after_s ?? 0) * 1000;
