// A page a dashboard: every panel of the generated JSON, drawn from a real database. `?board=UID`, `&theme=light`, `&from=now-15m`, `&var-rack=A04`.

import { Component, type ReactNode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { lastValueFrom } from 'rxjs';

import { type DataFrame, EventBusSrv, ThemeContext, type TimeRange, applyFieldOverrides, cacheFieldDisplayNames, createTheme, transformDataFrame } from '@grafana/data';
import { GlobalStyles, PanelChrome, PanelContextProvider, PortalContainer } from '@grafana/ui';

import { type Board, type Panel, panelsOf } from './board';
import { draw, hasData } from './panels';
import { type Values, choose, fill, run, timeRange } from './query';
import { fieldConfigRegistry } from './registry';

const asked = new URLSearchParams(location.search);
const theme = createTheme({ colors: { mode: asked.get('theme') === 'light' ? 'light' : 'dark' } });
const GRID = { column: 24, row: 30, gap: 8 };
const WIDTH = Number(asked.get('width') ?? document.documentElement.clientWidth) - 2 * GRID.gap;

type Outcome = { state: 'loading' } | { state: 'ok'; frames: DataFrame[] } | { state: 'nodata' } | { state: 'error'; reason: string };

async function answer(panel: Panel, values: Values, range: TimeRange, timeZone: string): Promise<Outcome> {
  if (panel.type === 'text') {
    return { state: 'ok', frames: [] };
  }
  const targets = panel.targets ?? [];
  const frames = (await Promise.all(targets.map((target) => run(target, values, range, targets.length === 1)))).flat();
  const replaceVariables = (text: string) => fill(text, values, range);
  const transformed = await lastValueFrom(transformDataFrame(panel.transformations ?? [], frames, { interpolate: replaceVariables }));
  const shown = applyFieldOverrides({ data: transformed, fieldConfig: panel.fieldConfig, fieldConfigRegistry, replaceVariables, theme, timeZone });
  cacheFieldDisplayNames(shown);
  return hasData(shown) ? { state: 'ok', frames: shown } : { state: 'nodata' };
}

/** What a component throws while it draws is the panel's error, as in Grafana. */
class Guard extends Component<{ children: ReactNode; failed: (reason: string) => void }, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  componentDidCatch(error: Error) {
    this.props.failed(error.message);
  }

  render() {
    return this.state.failed ? null : this.props.children;
  }
}

function Drawn({ panel, values, range, timeZone, settled }: { panel: Panel; values: Values; range: TimeRange; timeZone: string; settled: () => void }) {
  const [outcome, setOutcome] = useState<Outcome>({ state: 'loading' });
  useEffect(() => {
    answer(panel, values, range, timeZone)
      .catch((error: Error): Outcome => ({ state: 'error', reason: error.message }))
      .then((found) => {
        setOutcome(found);
        settled();
      });
  }, []);
  const unit = WIDTH / GRID.column;
  const { w, h } = panel.gridPos;
  const [width, height] = [w * unit - GRID.gap, h * (GRID.row + GRID.gap) - GRID.gap];
  return (
    <div data-panel={panel.id} data-type={panel.type} data-title={panel.title} data-state={outcome.state} data-reason={outcome.state === 'error' ? outcome.reason : undefined} style={{ width, height }}>
      <PanelChrome title={panel.title} description={panel.description} width={width} height={height} padding={panel.type === 'table' ? 'none' : 'md'}>
        {(innerWidth, innerHeight) => {
          if (outcome.state !== 'ok') {
            return <div style={{ color: theme.colors.text.secondary }}>{outcome.state === 'error' ? outcome.reason : outcome.state === 'nodata' ? (panel.fieldConfig.defaults.noValue ?? 'No data') : ''}</div>;
          }
          return (
            <Guard failed={(reason) => setOutcome({ state: 'error', reason })}>
              {draw({ panel, frames: outcome.frames, range, theme, timeZone, width: innerWidth, height: innerHeight })}
            </Guard>
          );
        }}
      </PanelChrome>
    </div>
  );
}

function Page({ board, values, range }: { board: Board; values: Values; range: TimeRange }) {
  const panels = panelsOf(board);
  const timeZone = board.timezone || 'browser';
  let waiting = panels.filter((panel) => panel.type !== 'row').length;
  const settled = () => {
    waiting -= 1;
    if (waiting === 0) {
      // Two frames later what came last has been drawn; uPlot draws in a microtask of the first.
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => (document.body.dataset.state = 'done'), 300)));
    }
  };
  return (
    <main style={{ padding: GRID.gap, background: theme.colors.background.canvas, width: WIDTH + 2 * GRID.gap }}>
      <h1 style={{ fontSize: 22, margin: '4px 0 2px' }}>{board.title}</h1>
      <p style={{ color: theme.colors.text.secondary }}>{board.description}</p>
      {sections(panels).map(({ row, members }) => {
        const top = Math.min(...members.map((panel) => panel.gridPos.y));
        const bottom = Math.max(...members.map((panel) => panel.gridPos.y + panel.gridPos.h));
        return (
          <section key={row?.id ?? 0}>
            {row && <h2 style={{ fontSize: 16, margin: '8px 0 4px' }}>{row.title}</h2>}
            <div style={{ position: 'relative', height: members.length ? (bottom - top) * (GRID.row + GRID.gap) : 0 }}>
              {members.map((panel) => (
                <div key={panel.id} style={{ position: 'absolute', left: (panel.gridPos.x * WIDTH) / GRID.column, top: (panel.gridPos.y - top) * (GRID.row + GRID.gap) }}>
                  <Drawn panel={panel} values={values} range={range} timeZone={timeZone} settled={settled} />
                </div>
              ))}
            </div>
          </section>
        );
      })}
    </main>
  );
}

/** Panels under their row's heading; collapsed rows are shown open. */
function sections(panels: Panel[]): Array<{ row?: Panel; members: Panel[] }> {
  const found: Array<{ row?: Panel; members: Panel[] }> = [];
  for (const panel of panels) {
    if (panel.type === 'row') {
      found.push({ row: panel, members: [] });
    } else {
      if (found.length === 0) {
        found.push({ members: [] });
      }
      found[found.length - 1]!.members.push(panel);
    }
  }
  return found.filter((section) => section.members.length > 0);
}

function Contents({ boards }: { boards: Array<{ uid: string; title: string }> }) {
  return (
    <main style={{ padding: 24 }}>
      {boards.map((board) => (
        <p key={board.uid}>
          <a href={`?board=${encodeURIComponent(board.uid)}`}>{board.title}</a>
        </p>
      ))}
    </main>
  );
}

async function main() {
  const uid = asked.get('board');
  let page: ReactNode;
  if (uid === null) {
    page = <Contents boards={await (await fetch('boards.json')).json()} />;
  } else {
    const board: Board = await (await fetch(`boards/${uid}.json`)).json();
    board.time.from = asked.get('from') ?? board.time.from;
    document.title = board.title;
    const range = timeRange(board);
    page = <Page board={board} values={await choose(board.templating.list, range, asked)} range={range} />;
  }
  const eventBus = new EventBusSrv();
  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PanelContextProvider value={{ eventsScope: 'preview', eventBus } as any}>{page}</PanelContextProvider>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

main().catch((error: Error) => {
  document.body.dataset.state = 'failed';
  document.body.textContent = error.message;
});
