// Checks generated dashboards against Grafana's own tables and types: `node lint/lint.mjs FOLDER`, one line a fault.
//
// Tables of @grafana/data: unit ids, reducers, transformers, matchers, colour modes and colours. Types of @grafana/schema: the dashboard, each panel's
// options, its field options and custom field options, by the TypeScript compiler.

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

// @grafana/data looks at the browser when it is loaded.
Object.defineProperty(globalThis, 'navigator', { value: { userAgent: '', platform: '', languages: ['en'], language: 'en' }, configurable: true });
const { FieldColorModeId, ReducerID, createTheme, fieldColorModeRegistry, fieldMatchers, fieldReducers, getValueFormats, standardTransformers } = createRequire(import.meta.url)('@grafana/data');

const HERE = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];
const faults = [];

const units = new Set(getValueFormats().flatMap((group) => group.submenu.map((unit) => unit.value)));
// Units with a text of their own, which no list can hold; see getValueFormat.
const OWN_UNIT = /^(prefix|suffix|time|si|count|currency|bool):.+/;
const reducers = new Set(fieldReducers.list().map((reducer) => reducer.id));
const transformers = new Set(Object.values(standardTransformers).map((transformer) => transformer.id));
const matchers = new Set(fieldMatchers.list().map((matcher) => matcher.id));
const modes = new Set([...fieldColorModeRegistry.list().map((mode) => mode.id), ...Object.values(FieldColorModeId)]);
const theme = createTheme();
const named = new Set(theme.visualization.palette);

const isColour = (colour) => /^#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(colour) || /^rgba?\(/.test(colour) || colour === 'transparent' || named.has(colour) || theme.visualization.getColorByName(colour) !== colour;

function thresholds(where, value) {
  const steps = value?.steps ?? [];
  if (steps.length > 0 && steps[0].value !== null) {
    faults.push(`${where}: thresholds: the first step must be the base, without a value`);
  }
  steps.slice(1).forEach((step, n) => {
    if (typeof step.value !== 'number' || (n > 0 && step.value <= steps[n].value)) {
      faults.push(`${where}: thresholds: step ${n + 1} is ${JSON.stringify(step.value)}; they must be numbers that rise`);
    }
  });
  steps.forEach((step) => isColour(step.color) || faults.push(`${where}: thresholds: no such colour: ${step.color}`));
}

const PROPERTIES = {
  unit: (where, value) => units.has(value) || OWN_UNIT.test(value) || faults.push(`${where}: no such unit: ${value}`),
  color: (where, value) => modes.has(value.mode) || faults.push(`${where}: no such colour mode: ${value.mode}`),
  thresholds,
  mappings: (where, value) =>
    value.forEach((mapping) =>
      Object.values(mapping.type === 'value' ? mapping.options : { only: mapping.options.result }).forEach((shown) => shown.color === undefined || isColour(shown.color) || faults.push(`${where}: mappings: no such colour: ${shown.color}`))
    ),
};

function fields(where, panel) {
  const { defaults, overrides } = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  for (const [name, check] of Object.entries(PROPERTIES)) {
    if (defaults[name] !== undefined) {
      check(where, defaults[name]);
    }
  }
  for (const override of overrides) {
    matchers.has(override.matcher.id) || faults.push(`${where}: no such matcher: ${override.matcher.id}`);
    override.properties.forEach(({ id, value }) => PROPERTIES[id]?.(where, value));
  }
}

function panelChecks(where, panel) {
  fields(where, panel);
  const calcs = [...(panel.options?.reduceOptions?.calcs ?? []), ...(panel.options?.legend?.calcs ?? []), ...(panel.options?.footer?.reducer ?? [])];
  calcs.forEach((calc) => reducers.has(calc) || faults.push(`${where}: no such reducer: ${calc}`));
  if (panel.options?.reduceOptions && panel.options.reduceOptions.calcs.includes(ReducerID.mean)) {
    faults.push(`${where}: reduced to its mean`);
  }
  (panel.transformations ?? []).forEach((step) => transformers.has(step.id) || faults.push(`${where}: no such transformer: ${step.id}`));
}

const everyPanel = (panels) => panels.flatMap((panel) => [panel, ...everyPanel(panel.panels ?? [])]);
const boards = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8'))]);

// One virtual file: a typed constant for everything, so that the compiler names what does not fit.
const lines = ["import type { Defaults, Panels, Whole } from './types';"];
const places = new Map();
const typed = (where, type, value) => {
  lines.push(`export const _${lines.length}: ${type} = ${JSON.stringify(value)};`);
  places.set(lines.length - 1, where);
};
// What the Prometheus datasource reads of an annotation beside what every annotation has; no published type tells.
const OF_DATASOURCE = new Set(['expr', 'step', 'titleFormat', 'textFormat', 'tagKeys', 'useValueForTime', 'query', 'fromAnnotations', 'textColumn', 'tagsColumn']);
const common = (annotation) => Object.fromEntries(Object.entries(annotation).filter(([key]) => !OF_DATASOURCE.has(key)));
for (const [name, board] of boards) {
  typed(name, 'Whole', { ...board, annotations: { list: board.annotations.list.map(common) } });
  for (const panel of everyPanel(board.panels)) {
    if (panel.type === 'row') {
      continue;
    }
    const where = `${name}: ${panel.title}`;
    panelChecks(where, panel);
    const { custom, mappings, ...defaults } = panel.fieldConfig?.defaults ?? {};
    typed(where, `Panels[${JSON.stringify(panel.type)}]['options']`, panel.options ?? {});
    typed(where, 'Defaults', defaults);
    typed(where, `Panels[${JSON.stringify(panel.type)}]['custom']`, custom ?? {});
  }
}

const file = join(HERE, 'generated.ts');
const config = ts.parseJsonConfigFileContent(ts.readConfigFile(join(HERE, '..', 'tsconfig.json'), ts.sys.readFile).config, ts.sys, join(HERE, '..'));
const host = ts.createCompilerHost(config.options);
const { readFile, fileExists, getSourceFile } = host;
host.fileExists = (name) => name === file || fileExists(name);
host.readFile = (name) => (name === file ? lines.join('\n') : readFile(name));
host.getSourceFile = (name, target, ...rest) => (name === file ? ts.createSourceFile(name, lines.join('\n'), target) : getSourceFile(name, target, ...rest));
const program = ts.createProgram([file], config.options, host);
for (const found of ts.getPreEmitDiagnostics(program)) {
  const message = ts.flattenDiagnosticMessageText(found.messageText, ' ').replace(/\s+/g, ' ').slice(0, 400);
  const line = found.file && found.start !== undefined ? found.file.getLineAndCharacterOfPosition(found.start).line : -1;
  faults.push(`${places.get(line) ?? found.file?.fileName ?? ''}: ${message}`);
}

faults.forEach((fault) => console.log(fault));
process.exit(faults.length > 0 ? 1 : 0);
