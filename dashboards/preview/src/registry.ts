// The registries a Grafana has filled before any panel is drawn: standard and custom field options, and transformers.

import {
  FieldConfigOptionsRegistry,
  type FieldConfigPropertyItem,
  type FieldOverrideContext,
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';

type Process = (value: any, context: FieldOverrideContext, settings?: any) => any;

const STANDARD: Record<string, Process> = {
  displayName: displayNameOverrideProcessor,
  unit: unitOverrideProcessor,
  min: numberOverrideProcessor,
  max: numberOverrideProcessor,
  fieldMinMax: booleanOverrideProcessor,
  decimals: numberOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  noValue: stringOverrideProcessor,
  links: dataLinksOverrideProcessor,
  color: identityOverrideProcessor,
  filterable: booleanOverrideProcessor,
  description: stringOverrideProcessor,
};

const CUSTOM = [
  'align', 'axisBorderShow', 'axisCenteredZero', 'axisColorMode', 'axisLabel', 'axisPlacement', 'axisSoftMax', 'axisSoftMin', 'barAlignment',
  'cellOptions', 'drawStyle', 'fillOpacity', 'filterable', 'gradientMode', 'hideFrom', 'insertNulls', 'inspect', 'lineInterpolation', 'lineStyle',
  'lineWidth', 'minWidth', 'pointSize', 'scaleDistribution', 'showPoints', 'spanNulls', 'stacking', 'thresholdsStyle', 'width',
];

function item(id: string, path: string, process: Process, isCustom: boolean): FieldConfigPropertyItem {
  return { id, path, name: id, isCustom, process, shouldApply: () => true, editor: () => null, override: () => null, settings: {} } as any;
}

export const fieldConfigRegistry = new FieldConfigOptionsRegistry();
fieldConfigRegistry.setInit(() => [
  ...Object.entries(STANDARD).map(([id, process]) => item(id, id, process, false)),
  ...CUSTOM.map((path) => item(`custom.${path}`, path, identityOverrideProcessor, true)),
]);

// Some are listed under an old name as well.
const transformers = [...new Map(Object.values(standardTransformers).map((info) => [info.id, info])).values()];
standardTransformersRegistry.setInit(() =>
  transformers.map((info) => ({ id: info.id, name: info.name, transformation: () => Promise.resolve(info), editor: () => null }) as any)
);
