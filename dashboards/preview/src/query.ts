// Asks a Prometheus as Grafana's datasource does, and makes its answers into data frames.

import { type DataFrame, type Field, FieldType, dateMath, type TimeRange, dateTime } from '@grafana/data';

import type { Board, Target, Variable } from './board';

export type Values = Record<string, string>;

const SCRAPE_INTERVAL = 15;
const POINTS = 240;
/** What is younger than its latency offset, VictoriaMetrics shows as of the step before. */
const LAG = 3;

interface Answered {
  metric: Record<string, string>;
  value?: [number, string];
  values?: Array<[number, string]>;
}

export function timeRange(board: Board): TimeRange {
  const from = dateMath.toDateTime(board.time.from, {}) ?? dateTime();
  const to = dateMath.toDateTime(board.time.to, { roundUp: true }) ?? dateTime();
  return { from, to, raw: board.time };
}

function seconds(range: TimeRange): number {
  return Math.round((range.to.valueOf() - range.from.valueOf()) / 1000);
}

export function stepOf(range: TimeRange): number {
  return Math.max(SCRAPE_INTERVAL, Math.floor(seconds(range) / POINTS));
}

/** Fills in Grafana's own variables and the dashboard's: `$name`, `${name}` and `${name:regex}` alike. */
export function fill(text: string, values: Values, range: TimeRange): string {
  const step = stepOf(range);
  const own: Values = {
    __rate_interval: `${Math.max(step + SCRAPE_INTERVAL, 4 * SCRAPE_INTERVAL)}s`,
    __interval: `${step}s`,
    __interval_ms: `${step * 1000}`,
    __range: `${seconds(range)}s`,
    __range_s: `${seconds(range)}`,
  };
  const known = { ...own, ...values };
  return text.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (whole, braced, bare) => known[braced ?? bare] ?? whole);
}

async function ask(path: string, form: Record<string, string>): Promise<any> {
  const reply = await fetch(`api/v1/${path}`, { method: 'POST', body: new URLSearchParams(form) });
  const answer = await reply.json();
  if (answer.status !== 'success') {
    throw new Error(answer.error ?? `HTTP ${reply.status}`);
  }
  return answer.data;
}

/** The value each variable opens with: what the address asks for, else All where it is offered, else the first there is. */
export async function choose(variables: Variable[], range: TimeRange, asked: URLSearchParams): Promise<Values> {
  const values: Values = {};
  for (const variable of variables) {
    if (variable.type !== 'query' || variable.query === undefined) {
      continue;
    }
    const wanted = asked.get(`var-${variable.name}`);
    if (wanted !== null) {
      values[variable.name] = wanted;
      continue;
    }
    if (variable.includeAll) {
      values[variable.name] = variable.allValue ?? '.*';
      continue;
    }
    const match = /^label_values\((.+),\s*(\w+)\)$/s.exec(fill(variable.query.query, values, range));
    if (match === null) {
      throw new Error(`variable ${variable.name}: ${variable.query.query}`);
    }
    const form = { 'match[]': match[1]!, start: `${range.from.unix()}`, end: `${range.to.unix()}` };
    const reply = await fetch(`api/v1/label/${match[2]!}/values?${new URLSearchParams(form)}`);
    const found: string[] = (await reply.json()).data;
    values[variable.name] = found.sort()[0] ?? '';
  }
  return values;
}

/** Runs one target; an instant query in table format is one frame with a column a label, else each series is a frame. */
export async function run(target: Target, values: Values, range: TimeRange, alone: boolean): Promise<DataFrame[]> {
  const query = fill(target.expr, values, range);
  if (target.instant) {
    const data = await ask('query', { query, time: `${range.to.valueOf() / 1000}` });
    const answered: Answered[] = data.resultType === 'scalar' ? [{ metric: {}, value: data.result }] : data.result;
    return target.format === 'table' ? [table(target, answered, alone)] : answered.map((found) => frame(target, found, [found.value!]));
  }
  const step = stepOf(range);
  // Grafana aligns a range to its step; a database that has just begun would then show nothing of a month.
  const end = Math.floor(range.to.valueOf() / 1000) - LAG;
  const start = end - Math.floor(seconds(range) / step) * step;
  const data = await ask('query_range', { query, start: `${start}`, end: `${end}`, step: `${step}` });
  return (data.result as Answered[]).map((found) => frame(target, found, filled(found.values!, start, end, step), step));
}

/** Puts a null where a step has no sample, so that a gap is seen as a gap. */
function filled(points: Array<[number, string]>, start: number, end: number, step: number): Array<[number, string | null]> {
  const known = new Map(points.map(([time, value]) => [Math.round((time - start) / step), value]));
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, n) => [start + n * step, known.get(n) ?? null]);
}

function number(text: string | null): number | null {
  return text === null ? null : text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

function frame(target: Target, found: Answered, points: Array<[number, string | null]>, step?: number): DataFrame {
  const { __name__: name, ...labels } = found.metric;
  const value: Field = {
    name: name ?? 'Value',
    type: FieldType.number,
    labels,
    config: target.legendFormat === '__auto' ? {} : { displayNameFromDS: legend(target.legendFormat, found.metric) },
    values: points.map((point) => number(point[1])),
  };
  const time: Field = {
    name: 'Time',
    type: FieldType.time,
    config: step === undefined ? {} : { interval: step * 1000 },
    values: points.map((point) => point[0] * 1000),
  };
  return { refId: target.refId, fields: [time, value], length: points.length };
}

function legend(format: string, metric: Record<string, string>): string {
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => metric[label] ?? label);
}

function table(target: Target, answered: Answered[], alone: boolean): DataFrame {
  const names = [...new Set(answered.flatMap((found) => Object.keys(found.metric)))].sort();
  const columns: Field[] = names.map((name) => ({
    name,
    type: FieldType.string,
    config: { filterable: true },
    values: answered.map((found) => found.metric[name] ?? ''),
  }));
  const time: Field = { name: 'Time', type: FieldType.time, config: {}, values: answered.map((found) => found.value![0] * 1000) };
  const value: Field = {
    name: alone ? 'Value' : `Value #${target.refId}`,
    type: FieldType.number,
    config: {},
    values: answered.map((found) => number(found.value![1])),
  };
  return { refId: target.refId, fields: [time, ...columns, value], length: answered.length };
}
