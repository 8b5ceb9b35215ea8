// What of a dashboard's JSON the preview reads; the whole of it is checked against Grafana's own types by the linter.

import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';

export interface Target {
  expr: string;
  refId: string;
  instant: boolean;
  legendFormat: string;
  format: 'time_series' | 'table';
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[];
  transformations?: DataTransformerConfig[];
  fieldConfig: FieldConfigSource;
  options: Record<string, any>;
  panels?: Panel[];
}

export interface Variable {
  name: string;
  label: string;
  type: string;
  includeAll?: boolean;
  allValue?: string;
  query?: { query: string };
}

export interface Board {
  uid: string;
  title: string;
  description: string;
  time: { from: string; to: string };
  timezone?: string;
  templating: { list: Variable[] };
  panels: Panel[];
}

/** Every panel of a board in reading order, those of collapsed rows included. */
export function panelsOf(board: Board): Panel[] {
  return board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
}
