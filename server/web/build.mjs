// Makes the files of the screens: node build.mjs DIRECTORY. Scripts, styles, fonts and the price list go to assets/ and
// bear a hash of their content in their name; pictures keep theirs, since catalogs refer to them.
import { build } from 'esbuild';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { priceList } from './price_list.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, '../../build/web'));
const SCREENS = ['pos', 'kiosk', 'app'];

// No script, style, picture or call from elsewhere but pictures over https: a catalog may refer to the retailer's own.
const POLICY = "default-src 'self'; img-src 'self' https:; object-src 'none'; base-uri 'none'; form-action 'self'";

// 'nbo:articles' is the address of the price list.
const articles = {
  name: 'articles',
  setup(plugin) {
    plugin.onResolve({ filter: /^nbo:articles$/ }, () => ({ path: 'articles.json', namespace: 'articles' }));
    plugin.onLoad({ filter: /.*/, namespace: 'articles' }, async () => ({
      contents: JSON.stringify(await priceList(resolve(here, '../../deploy/sample'))),
      loader: 'file',
    }));
  },
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: [
    ...SCREENS.map((name) => ({ in: `src/${name}/main.ts`, out: name })),
    ...[...SCREENS, 'index'].map((name) => ({ in: `src/styles/${name}.css`, out: name })),
  ],
  outdir: join(out, 'assets'),
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  chunkNames: 'shared-[hash]',
  publicPath: '/assets',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: ['chrome103', 'firefox100', 'safari16'],
  loader: { '.woff2': 'file' },
  plugins: [articles],
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
});

// What a page loads, by the name it was made from: the script first asks for its own chunks, so these are named, too.
const outputs = Object.entries(metafile.outputs);
function headOf(name) {
  const file = (source) => outputs.find(([, output]) => output.entryPoint === source)?.[0];
  const url = (path) => path.slice(path.lastIndexOf('assets/')).replace(/^/, '/');
  const style = file(`src/styles/${name}.css`);
  const script = file(`src/${name}/main.ts`);
  const chunks = script ? metafile.outputs[script].imports.filter((i) => i.kind === 'import-statement') : [];
  return [
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="referrer" content="no-referrer">',
    '<link rel="icon" href="/pictures/card.svg" type="image/svg+xml">',
    `<link rel="stylesheet" href="${url(style)}">`,
    ...chunks.map((chunk) => `<link rel="modulepreload" href="${url(chunk.path)}">`),
    ...(script ? [`<script type="module" src="${url(script)}"></script>`] : []),
  ].join('\n    ');
}

for (const name of [...SCREENS, 'index']) {
  const page = await readFile(join(here, `src/${name}.html`), 'utf8');
  await writeFile(join(out, `${name}.html`), page.replace('{{head}}', headOf(name)));
}
await cp(join(here, 'pictures'), join(out, 'pictures'), { recursive: true });
await cp(join(here, 'node_modules/@fontsource-variable/inter/LICENSE'), join(out, 'assets/inter-license.txt'));
