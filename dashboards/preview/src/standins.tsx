// Grafana keeps some panels in its server's code and not in its published components. These are drawn here from the same data frames and the
// same field display (text, colour, thresholds, mappings) that Grafana's own would use, and say so by `data-standin`.

import { type DataFrame, type Field, FieldType, type FieldDisplay, type GrafanaTheme2, getFieldDisplayName, getValueFormat, formattedValueToString, renderMarkdown } from '@grafana/data';

interface Size {
  width: number;
  height: number;
}

function arc(x: number, y: number, radius: number, from: number, to: number): string {
  const at = (share: number) => {
    const angle = Math.PI * (0.75 + 1.5 * share);
    return `${x + radius * Math.cos(angle)} ${y + radius * Math.sin(angle)}`;
  };
  return `M ${at(from)} A ${radius} ${radius} 0 ${to - from > 2 / 3 ? 1 : 0} 1 ${at(to)}`;
}

export function GaugeStandIn({ width, height, found, theme, named }: Size & { found: FieldDisplay; theme: GrafanaTheme2; named: boolean }) {
  const room = named ? height - 14 : height;
  const radius = Math.min(width, room * 1.2) / 2 - 8;
  const [x, y] = [width / 2, room / 2 + radius * 0.1];
  const share = Math.min(1, Math.max(0, found.display.percent ?? 0));
  return (
    <svg width={width} height={height} data-standin="gauge" role="img">
      <path d={arc(x, y, radius, 0, 1)} fill="none" stroke={theme.colors.background.secondary} strokeWidth={radius * 0.25} />
      <path d={arc(x, y, radius, 0, share)} fill="none" stroke={found.display.color} strokeWidth={radius * 0.25} />
      <text x={x} y={y + radius * 0.15} fontSize={radius * 0.42} textAnchor="middle" fill={found.display.color}>
        {formattedValueToString(found.display)}
      </text>
      {named && (
        <text x={x} y={height - 3} fontSize={12} textAnchor="middle" fill={theme.colors.text.primary}>
          {found.display.title}
        </text>
      )}
    </svg>
  );
}

interface Row {
  name: string;
  field: Field;
  times: number[];
}

function rows(frames: DataFrame[]): Row[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === FieldType.time);
    return frame.fields
      .filter((field) => field.type === FieldType.number && time !== undefined)
      .map((field) => ({ name: getFieldDisplayName(field, frame, frames), field, times: time!.values }));
  });
}

/** Pixels of a text at 11 px: a Chinese character is as wide as it is high. */
function wide(text: string): number {
  return [...text].reduce((sum, sign) => sum + (sign >= '\u2e80' ? 11 : 6.2), 0);
}

/** State timeline (equal neighbours are one band, with its word) and status history (a cell a value). */
export function BandsStandIn({ frames, width, height, theme, merge }: Size & { frames: DataFrame[]; theme: GrafanaTheme2; merge: boolean }) {
  const found = rows(frames);
  const margin = Math.min(width * 0.3, 8 + Math.max(...found.map((row) => wide(row.name))));
  const line = Math.max(4, (height - 18) / found.length);
  return (
    <svg width={width} height={height} data-standin={merge ? 'state-timeline' : 'status-history'} role="img" fontSize={11} fill={theme.colors.text.primary}>
      {found.map((row, n) => {
        const first = row.times[0]!;
        const span = Math.max(1, row.times[row.times.length - 1]! - first) * (1 + 1 / row.times.length);
        const at = (time: number) => margin + ((time - first) / span) * (width - margin);
        const bands: Array<{ from: number; to: number; value: number }> = [];
        row.field.values.forEach((value: number | null, index: number) => {
          const to = row.times[index + 1] ?? first + span;
          const last = bands[bands.length - 1];
          if (value === null || Number.isNaN(value)) {
            return;
          }
          if (merge && last !== undefined && last.value === value && last.to === row.times[index]) {
            last.to = to;
          } else {
            bands.push({ from: row.times[index]!, to, value });
          }
        });
        return (
          <g key={row.name + n} transform={`translate(0 ${n * line})`}>
            {line >= 9 && (
              <text x={margin - 6} y={line / 2 + 4} textAnchor="end">
                {row.name}
              </text>
            )}
            {bands.map((band) => {
              const shown = row.field.display!(band.value);
              const room = at(band.to) - at(band.from);
              const text = formattedValueToString(shown);
              return (
                <g key={band.from}>
                  <rect x={at(band.from)} y={1} width={Math.max(1, room - (merge ? 0 : 1))} height={line - 2} fill={shown.color} opacity={0.8}>
                    <title>{`${row.name}: ${text}`}</title>
                  </rect>
                  {merge && room > wide(text) + 6 && line >= 12 && (
                    <text x={at(band.from) + 4} y={line / 2 + 4} fill={theme.colors.getContrastText(shown.color ?? '#000')}>
                      {text}
                    </text>
                  )}
                </g>
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}

/** A heat map whose series are its bands, the highest on top; darker is more. */
export function HeatmapStandIn({ frames, width, height, theme, unit }: Size & { frames: DataFrame[]; theme: GrafanaTheme2; unit: string }) {
  const found = rows(frames);
  const most = Math.max(1e-9, ...found.flatMap((row) => row.field.values.filter((value: number | null) => value !== null)));
  const margin = 12 + Math.max(...found.map((row) => wide(row.name)));
  const line = (height - 18) / found.length;
  const format = getValueFormat(unit);
  return (
    <svg width={width} height={height} data-standin="heatmap" role="img" fontSize={11} fill={theme.colors.text.primary}>
      {found.map((row, n) => {
        const cell = (width - margin) / row.field.values.length;
        const y = height - 18 - (n + 1) * line;
        return (
          <g key={row.name} transform={`translate(${margin} ${y})`}>
            <text x={-6} y={line / 2 + 4} textAnchor="end">
              {row.name}
            </text>
            {row.field.values.map((value: number | null, index: number) =>
              value === null || value <= 0 ? null : (
                <rect key={index} x={index * cell} width={cell + 0.5} height={Math.max(1, line - 1)} fill="#fade2a" opacity={0.15 + 0.85 * Math.sqrt(value / most)}>
                  <title>{`${row.name}: ${formattedValueToString(format(value))}`}</title>
                </rect>
              )
            )}
          </g>
        );
      })}
    </svg>
  );
}

export function Markdown({ content }: { content: string }) {
  return <div className="markdown-html" data-standin="text" style={{ overflow: 'auto', height: '100%' }} dangerouslySetInnerHTML={{ __html: renderMarkdown(content) }} />;
}

/** Places by longitude and latitude, without the map tiles that a server would fetch. */
export function GeomapStandIn({ frame, width, height, theme }: Size & { frame: DataFrame; theme: GrafanaTheme2 }) {
  const column = (name: string) => frame.fields.find((field) => field.name.toLowerCase() === name)?.values ?? [];
  const [longitudes, latitudes] = [column('longitude').map(Number), column('latitude').map(Number)];
  const label = frame.fields.find((field) => field.type === FieldType.string);
  const value = frame.fields.find((field) => field.type === FieldType.number && !/^(longitude|latitude|time)$/i.test(field.name));
  const [west, east] = [Math.min(...longitudes) - 4, Math.max(...longitudes) + 8];
  const [south, north] = [Math.min(...latitudes) - 2, Math.max(...latitudes) + 2];
  // Of a degree of longitude and one of latitude the one is shorter by the latitude's cosine.
  const scale = Math.min(width / ((east - west) * Math.cos(((south + north) / 2) * (Math.PI / 180))), height / (north - south));
  const wide = scale * Math.cos(((south + north) / 2) * (Math.PI / 180));
  const at = (longitude: number, latitude: number): [number, number] => [
    width / 2 + (longitude - (west + east) / 2) * wide,
    height / 2 - (latitude - (south + north) / 2) * scale,
  ];
  const lines = (from: number, to: number) => Array.from({ length: Math.floor(to / 5) - Math.ceil(from / 5) + 1 }, (_, n) => 5 * (Math.ceil(from / 5) + n));
  const placed: Array<[number, number]> = [];
  const free = (x: number, y: number): number => (placed.some(([left, top]) => Math.abs(left - x) < 120 && Math.abs(top - y) < 14) ? free(x, y + 14) : y);
  return (
    <svg width={width} height={height} data-standin="geomap" role="img" fontSize={12} fill={theme.colors.text.primary}>
      {lines(west - 20, east + 20).map((longitude) => {
        const [x] = at(longitude, south);
        return (
          <g key={`e${longitude}`} stroke={theme.colors.border.weak} fill={theme.colors.text.secondary}>
            <line x1={x} x2={x} y1={0} y2={height} />
            <text x={x + 3} y={height - 4} stroke="none" fontSize={10}>{`${longitude}° E`}</text>
          </g>
        );
      })}
      {lines(south - 10, north + 10).map((latitude) => {
        const [, y] = at(west, latitude);
        return (
          <g key={`n${latitude}`} stroke={theme.colors.border.weak} fill={theme.colors.text.secondary}>
            <line x1={0} x2={width} y1={y} y2={y} />
            <text x={3} y={y - 3} stroke="none" fontSize={10}>{`${latitude}° N`}</text>
          </g>
        );
      })}
      {longitudes.map((longitude, n) => {
        const [x, y] = at(longitude, latitudes[n]!);
        const shown = value?.display?.(value.values[n]);
        const name = label?.display?.(label.values[n]);
        const line = free(x + 12, y + 4);
        placed.push([x + 12, line]);
        return (
          <g key={n}>
            <circle cx={x} cy={y} r={8} fill={shown?.color ?? theme.colors.primary.main} opacity={0.8} />
            <text x={x + 12} y={line}>{`${name === undefined ? '' : formattedValueToString(name)} ${shown === undefined ? '' : formattedValueToString(shown)}`}</text>
          </g>
        );
      })}
    </svg>
  );
}
