// `npm run bench [-- LOG…]`: MB and lines per second, here in Node. Without a LOG the two logs of
// `cargo xtask bench` are generated.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Parser, init } from './node.js';

const RUNS = 7;
const CHUNK = 1 << 20;
const root = fileURLToPath(new URL('../../', import.meta.url));

function generated() {
  const dir = `${root}target/bench`;
  mkdirSync(dir, { recursive: true });
  return [['sparse', 100], ['dense', 30]].map(([kind, megabytes]) => {
    const log = `${dir}/${kind}.log`;
    const command = ['run', '--quiet', '--release', '--package', 'oomparse-benches', '--bin', 'gen-log'];
    const { status } = spawnSync('cargo', [...command, '--', kind, String(megabytes), log], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) process.exit(1);
    return log;
  });
}

function run(chunks) {
  const parser = new Parser();
  const started = performance.now();
  let events = 0;
  for (const chunk of chunks) events += parser.push(chunk).length;
  events += parser.finish().length;
  const seconds = (performance.now() - started) / 1000;
  parser.free();
  return { seconds, events };
}

function row(name, chunks, bytes, lines) {
  const runs = Array.from({ length: RUNS }, () => run(chunks)).sort((a, b) => a.seconds - b.seconds);
  const [{ seconds: best, events }, { seconds: middle }] = [runs[0], runs[RUNS >> 1]];
  const speed = (seconds) => String(Math.round(bytes / 1e6 / seconds)).padStart(6);
  const rate = String(Math.round(lines / middle / 1000)).padStart(8);
  const found = String(events).padStart(7);
  console.log(`${name.padEnd(28)} ${speed(best)} ${speed(middle)} MB/s ${rate} k lines/s ${found} events`);
}

const module = new URL('./wasm/oomparse_bg.wasm', import.meta.url);
const packed = gzipSync(readFileSync(module), { level: 9 }).length;
console.log(`Node ${process.version}; oomparse_bg.wasm: ${statSync(module).size} bytes, ${packed} as gzip`);
const started = performance.now();
await init();
console.log(`loaded in ${(performance.now() - started).toFixed(1)} ms`);
console.log(`${''.padEnd(28)} ${'best'.padStart(6)} ${'middle'.padStart(6)}`);
const logs = process.argv.length > 2 ? process.argv.slice(2) : generated();
for (const log of logs) {
  const bytes = readFileSync(log);
  const lines = bytes.reduce((count, byte) => count + (byte === 10), 0);
  const pieces = [];
  for (let at = 0; at < bytes.length; at += CHUNK) pieces.push(bytes.subarray(at, at + CHUNK));
  const name = log.slice(log.lastIndexOf('/') + 1);
  row(`${name} Uint8Array`, pieces, bytes.length, lines);
  row(`${name} string`, pieces.map((piece) => piece.toString('latin1')), bytes.length, lines);
}
