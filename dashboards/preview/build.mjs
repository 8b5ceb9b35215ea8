// Bundles the preview into dist/, with the icons and the font Grafana's components fetch.
import { cp, mkdir, writeFile } from 'node:fs/promises';

import { build } from 'esbuild';

await mkdir('dist', { recursive: true });
await build({
  entryPoints: ['src/main.tsx'],
  outfile: 'dist/preview.js',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.ttf': 'dataurl', '.woff2': 'dataurl', '.svg': 'text' },
  logLevel: 'warning',
});
// What Grafana's server would serve beside its page: icons and the font.
await cp('node_modules/@grafana/ui/dist/public/img/icons', 'dist/public/build/img/icons', { recursive: true });
await mkdir('dist/public/fonts/inter', { recursive: true });
for (const [weight, name] of [[400, 'Regular'], [500, 'Medium']]) {
  await cp(`node_modules/@fontsource/inter/files/inter-latin-${weight}-normal.woff2`, `dist/public/fonts/inter/Inter-${name}.woff2`);
}
await writeFile(
  'dist/index.html',
  '<!doctype html><html><head><meta charset="utf-8"><title>hubgauge preview</title><link rel="icon" href="data:,"><link rel="stylesheet" href="preview.css">' +
    '</head><body><div id="root"></div><script type="module" src="preview.js"></script></body></html>\n'
);
