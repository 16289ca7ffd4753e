// `npm run build`: the folder `dist/page` that any web server, or none, serves, and `dist/oomparse.html`, the
// same in one file.

import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dist = here('../../dist');
const common = {
  bundle: true,
  minify: true,
  target: ['chrome111', 'firefox115', 'safari16.4'],
  format: 'iife',
  write: false,
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
  define: { 'import.meta.url': '""' },
  loader: { '.json': 'json' },
  alias: {
    'd3-transition': here('src/charts/still.js'),
    'd3-interpolate': here('src/charts/numbers.js'),
    'd3-time-format': here('src/charts/clock.js'),
  },
};

/** `import code from 'worker:./worker.js'`: the script of a worker as text. */
const workers = {
  name: 'workers',
  setup(builder) {
    builder.onResolve({ filter: /^worker:/ }, ({ path, importer }) => ({
      path: resolve(dirname(importer), path.slice('worker:'.length)),
      namespace: 'worker',
    }));
    builder.onLoad({ filter: /.*/, namespace: 'worker' }, async ({ path }) => {
      const { outputFiles } = await build({ ...common, entryPoints: [path] });
      return { contents: outputFiles[0].text, loader: 'text' };
    });
  },
};

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing leaves the page, and nothing runs in it but its own script. */
const policy = (script, style) =>
  [
    "default-src 'none'",
    `script-src ${script} 'wasm-unsafe-eval'`,
    `style-src ${style}`,
    'worker-src blob:',
    'img-src data: blob:',
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

const [{ outputFiles: scripts }, { outputFiles: styles }] = await Promise.all([
  build({
    ...common,
    entryPoints: [here('src/main.jsx')],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    plugins: [workers],
  }),
  build({ ...common, entryPoints: [here('src/page.css')] }),
]);
const script = scripts[0].text;
const style = styles[0].text;
const wasm = await readFile(here('wasm/oomparse_bg.wasm'));
const unpacker = await readFile(here('wasm-unpack/oomparse_bg.wasm'));
const voices = await readFile(here('wasm-voices/oomparse_bg.wasm'));
const packed = (bytes) => gzipSync(bytes, { level: 9 }).toString('base64');
const terms = JSON.stringify(JSON.parse(await readFile(here('../../oomparse-report/texts/terms.json'), 'utf8')));
const modules = { read: packed(wasm), voices: packed(voices), unpack: packed(unpacker), terms: packed(terms) };
const template = await readFile(here('src/index.html'), 'utf8');
const icon = await readFile(here('src/icon.svg'));
const icons = `data:image/svg+xml;base64,${icon.toString('base64')}`;

const fill = (values) => template.replace(/\{\{(\w+)\}\}/g, (_, key) => values[key]);
const inScript = (code) => code.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');

const folder = fill({
  policy: policy("'self'", "'self'").replace('worker-src blob:', "worker-src 'self' blob:"),
  icon: icons,
  style: '<link rel="stylesheet" href="page.css">',
  data: '',
  script: '<script src="page.js" defer></script>',
});
const inlined = inScript(script);
const single = fill({
  policy: policy(hash(inlined), hash(style)).replace("connect-src 'self'", "connect-src 'none'"),
  icon: icons,
  style: `<style>${style}</style>`,
  data: Object.entries(modules)
    .map(([name, bytes]) => `<script type="application/octet-stream" id="module-${name}">${bytes}</script>`)
    .join('\n'),
  // Of what is not deferred, what stands before it is there already.
  script: `<script>${inlined}</script>`,
});

await rm(`${dist}/page`, { recursive: true, force: true });
await mkdir(`${dist}/page`, { recursive: true });
const version = createHash('sha256').update(script).update(style).update(wasm).update(voices).update(unpacker).update(terms).digest('hex').slice(0, 16);
const service = (await readFile(here('src/service.js'), 'utf8')).replace('{{version}}', version);
const files = {
  'page/index.html': folder,
  'page/page.js': script,
  'page/page.css': style,
  'page/read.wasm': wasm,
  'page/voices.wasm': voices,
  'page/unpack.wasm': unpacker,
  'page/terms.json': terms,
  'page/service.js': service,
  'page/oomparse.html': single,
  'oomparse.html': single,
};
// Where the page is a file, it cannot fetch; a script it can load.
for (const [name, bytes] of Object.entries(modules)) {
  files[`page/${name}.${name === 'terms' ? 'json' : 'wasm'}.js`] = `(globalThis.oomparseModules??={}).${name}="${bytes}";\n`;
}
for (const [name, content] of Object.entries(files)) await writeFile(`${dist}/${name}`, content);

const size = (content) => gzipSync(content, { level: 9 }).length;
const first = [folder, script, style, wasm].reduce((sum, content) => sum + size(content), 0);
console.log(`    dist/page: ${first} bytes as gzip at the first load (wasm ${size(wasm)}, script ${size(script)})`);
console.log(`    loaded where it is needed: all voices ${size(voices)}, unpackers ${size(unpacker)}, terms ${size(terms)}`);
console.log(`    dist/oomparse.html: ${single.length} bytes`);
const BOUND = 350_000;
if (first > BOUND) {
  console.error(`the first load is larger than ${BOUND} bytes`);
  process.exit(1);
}
