// Draws one panel's frames with the component Grafana would use.

import { type ReactElement } from 'react';

import { type DataFrame, FieldType, type GrafanaTheme2, type TimeRange, VizOrientation, getFieldDisplayValues, getDisplayValueAlignmentFactors } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';

import type { Panel } from './board';
import { BandsStandIn, GaugeStandIn, GeomapStandIn, HeatmapStandIn, Markdown } from './standins';

export interface Drawing {
  panel: Panel;
  frames: DataFrame[];
  range: TimeRange;
  theme: GrafanaTheme2;
  timeZone: string;
  width: number;
  height: number;
}

const DRAWN: Record<string, (drawing: Drawing) => ReactElement> = {
  timeseries: ({ panel, frames, range, timeZone, width, height }) => (
    <TimeSeries frames={frames} timeRange={range} timeZone={timeZone} width={width} height={height} legend={panel.options.legend} options={panel.options} />
  ),
  stat: (drawing) => (
    <VizRepeater
      {...repeated(drawing)}
      renderValue={({ value, width, height, alignmentFactors, count }) => (
        <BigValue
          value={value.display}
          count={count}
          sparkline={value.sparkline}
          colorMode={drawing.panel.options.colorMode}
          graphMode={drawing.panel.options.graphMode}
          justifyMode={drawing.panel.options.justifyMode}
          textMode={drawing.panel.options.textMode}
          text={drawing.panel.options.text}
          alignmentFactors={alignmentFactors}
          width={width}
          height={height}
          theme={drawing.theme}
        />
      )}
    />
  ),
  bargauge: (drawing) => (
    <VizRepeater
      {...repeated(drawing)}
      minVizHeight={drawing.panel.options.minVizHeight}
      maxVizHeight={drawing.panel.options.maxVizHeight}
      renderValue={({ value, width, height, alignmentFactors, orientation }) => (
        <BarGauge
          value={value.display}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex!)}
          displayMode={drawing.panel.options.displayMode}
          valueDisplayMode={drawing.panel.options.valueMode}
          namePlacement={drawing.panel.options.namePlacement}
          showUnfilled={drawing.panel.options.showUnfilled}
          orientation={orientation}
          alignmentFactors={alignmentFactors}
          width={width}
          height={height}
          theme={drawing.theme}
        />
      )}
    />
  ),
  gauge: (drawing) => (
    <VizRepeater {...repeated(drawing)} renderValue={({ value, width, height, count }) => <GaugeStandIn named={count > 1} found={value} width={width} height={height} theme={drawing.theme} />} />
  ),
  table: ({ panel, frames, width, height, range }) => (
    <TableNG
      data={frames[0]!}
      width={width}
      height={height}
      noHeader={!panel.options.showHeader}
      cellHeight={panel.options.cellHeight}
      sortBy={panel.options.sortBy}
      fieldConfig={panel.fieldConfig}
      timeRange={range}
      getActions={() => []}
    />
  ),
  'state-timeline': (drawing) => <BandsStandIn {...drawing} merge />,
  'status-history': (drawing) => <BandsStandIn {...drawing} merge={false} />,
  heatmap: (drawing) => <HeatmapStandIn {...drawing} unit={drawing.panel.options.cellValues?.unit ?? 'none'} />,
  geomap: (drawing) => <GeomapStandIn {...drawing} frame={drawing.frames[0]!} />,
  text: ({ panel }) => <Markdown content={panel.options.content} />,
};

function repeated({ panel, frames, theme, timeZone, width, height }: Drawing) {
  return {
    getValues: () =>
      getFieldDisplayValues({
        fieldConfig: panel.fieldConfig,
        reduceOptions: panel.options.reduceOptions,
        replaceVariables: (text) => text,
        theme,
        data: frames,
        sparkline: (panel.options.graphMode ?? 'none') !== 'none',
        timeZone,
      }),
    getAlignmentFactors: getDisplayValueAlignmentFactors,
    orientation: (panel.options.orientation ?? VizOrientation.Auto) as VizOrientation,
    autoGrid: true,
    width,
    height,
    source: frames,
    renderCounter: 0,
    itemSpacing: 3,
  };
}

export function hasData(frames: DataFrame[]): boolean {
  return frames.some((frame) => frame.fields.some((field) => field.type === FieldType.number && field.values.some((value) => typeof value === 'number' && !Number.isNaN(value))));
}

export function draw(drawing: Drawing): ReactElement {
  const drawn = DRAWN[drawing.panel.type];
  if (drawn === undefined) {
    throw new Error(`panels of type ${drawing.panel.type} cannot be drawn`);
  }
  return drawn(drawing);
}
