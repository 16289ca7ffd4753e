// Uses the installed package in Node, through esbuild and vite, in a plain page, and from TypeScript:
//   node try.mjs REPOSITORY LOG EXPECTED PACKED
// Everywhere the log's events must be those in the file EXPECTED. With `--no-browser` no page is opened.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'no-browser': { type: 'boolean' } } });
const [repository, log, expectedFile, packed] = positionals.map((path) => resolve(path));
const expected = readFileSync(expectedFile, 'utf8');
const bin = (name) => join('node_modules/.bin', name);
const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const done = (what) => console.log(`    ${what}: ok`);

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

assert.equal(run('node', 'src/node.mjs', log), expected);
done('Node, as installed');

// The module belongs beside a bundle, in `wasm`.
const wasm = 'node_modules/oomparse/wasm/oomparse_bg.wasm';
for (const folder of ['bundled/wasm', 'page/wasm']) mkdirSync(folder, { recursive: true });
run(bin('esbuild'), 'src/node.mjs', '--bundle', '--platform=node', '--format=esm', '--outfile=bundled/node.mjs', '--log-level=warning');
cpSync(wasm, 'bundled/wasm/oomparse_bg.wasm');
assert.equal(run('node', 'bundled/node.mjs', log), expected);
done('Node, bundled by esbuild');

run(bin('esbuild'), 'src/page.js', '--bundle', '--format=esm', '--outfile=page/page.js', '--log-level=warning');
cpSync(wasm, 'page/wasm/oomparse_bg.wasm');
writeFileSync('page/index.html', '<!doctype html><script type="module" src="./page.js"></script>');
// `--base=./`: the built page may stand in any folder.
run(bin('vite'), 'build', '--base=./', '--outDir=built', '--logLevel=warn', '--config=vite.config.mjs');

run(bin('tsc'), '--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom', 'src/types.ts');
run(bin('tsc'), '--strict', '--noEmit', '--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022', '--lib', 'es2022,dom', 'src/types.ts');
done('tsc --strict, as Node and as bundlers resolve');

// There is no CommonJS in it, and says so. The module itself has no types.
run(bin('attw'), packed, '--profile', 'esm-only', '--exclude-entrypoints', 'oomparse_bg.wasm');
done('are the types wrong');

if (!values['no-browser']) await inPages();

async function inPages() {
  const { browse } = await import(pathToFileURL(join(repository, 'oomparse-wasm/js/test/support/browser.js')));
  const server = createServer(answer).listen(0);
  const { port } = server.address();
  for (const [what, path] of [
    ['a plain page', 'index.html'],
    ['a page bundled by esbuild', 'page/index.html'],
    ['a page built by vite', 'built/vite.html'],
  ]) {
    const page = await browse(`http://127.0.0.1:${port}/${path}`);
    const text = JSON.stringify(readFileSync(log, 'utf8'));
    for (let tries = 0; !(await page.value('typeof eventsOf === "function"').catch(() => false)); tries++) {
      if (tries > 600) throw new Error(`${what} does not begin: ${JSON.stringify(page.complaints())}`);
      await sleep(100);
    }
    const found = await page.value(`eventsOf(${text})`);
    await page.close();
    assert.equal(found, expected, what);
    done(what);
  }
  server.close();
}

function answer(request, response) {
  const path = new URL(request.url, 'http://x').pathname;
  try {
    const bytes = readFileSync(join(process.cwd(), path));
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}
