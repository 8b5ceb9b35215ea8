// What a panel's options and custom field options must fit, by panel type: Grafana's own generated types.

import type { Dashboard, FieldConfig, FieldConfigSource } from '@grafana/schema';
import type * as BarGauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as Gauge from '@grafana/schema/dist/esm/raw/composable/gauge/panelcfg/x/GaugePanelCfg_types.gen';
import type * as Geomap from '@grafana/schema/dist/esm/raw/composable/geomap/panelcfg/x/GeomapPanelCfg_types.gen';
import type * as Heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as Stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as StateTimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as StatusHistory from '@grafana/schema/dist/esm/raw/composable/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen';
import type * as Table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as Text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as TimeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** JSON has strings where the types have enums of strings. */
export type Json<T> = T extends string ? `${T}` : T extends (infer U)[] ? Json<U>[] : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

/** Grafana fills in what a panel's JSON leaves out. */
interface Custom<O, C = Record<never, never>> {
  options: Json<Partial<O>>;
  custom: Json<Partial<C>>;
}

export interface Panels {
  bargauge: Custom<BarGauge.Options>;
  gauge: Custom<Gauge.Options>;
  geomap: Custom<Geomap.Options>;
  heatmap: Custom<Heatmap.Options, Heatmap.FieldConfig>;
  stat: Custom<Stat.Options>;
  'state-timeline': Custom<StateTimeline.Options, StateTimeline.FieldConfig>;
  'status-history': Custom<StatusHistory.Options, StatusHistory.FieldConfig>;
  table: Custom<Table.Options, Table.FieldConfig>;
  text: Custom<Text.Options>;
  timeseries: Custom<TimeSeries.Options, TimeSeries.FieldConfig>;
}

export type Whole = Json<Dashboard>;
export type Defaults = Json<Omit<FieldConfig, 'custom' | 'mappings'>>;
export type Source = Json<FieldConfigSource>;
