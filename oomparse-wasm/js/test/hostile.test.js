import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Parser, parse, parseNdjson } from '../node.js';
import { initSync } from '../wasm/oomparse.js';
import { cases, root } from './support/corpus.js';

const KILL = '[1.0] Killed process 7 (java) total-vm:8kB\n';

/** Numbers from a seed, the same on each run. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

// What has been initialised is given back as it is.
const memory = () => initSync().memory.buffer.byteLength;

test('random bytes, 10 MB in one piece', () => {
  const next = random(1);
  const bytes = Uint8Array.from({ length: 10_000_000 }, () => next(256));
  assert.deepEqual(parse(bytes), []);
  const text = Buffer.from(bytes).toString('utf16le');
  assert.deepEqual(parse(text), []);
  // The end of it is read like any other.
  const log = new Uint8Array([...bytes.subarray(0, 1_000_000), 10, ...Buffer.from(KILL)]);
  assert.equal(parse(log).length, 1);
});

test('one line of 10 MB without an end', () => {
  const before = memory();
  const [event, ...more] = parse(`[1.0] Killed process 7 (${'x'.repeat(10_000_000)}`);
  assert.deepEqual([event.victim, event.truncated, more], [{ pid: 7 }, ['victim.comm'], []]);
  assert.ok(memory() - before < 16 << 20);
});

test('lone surrogates', () => {
  const halves = ['\ud83d', '\ude00', '\ud83d\ud83d', '\ude00\ud83d', 'a\ud83d', '\ude00a'];
  for (const half of halves) {
    for (const line of [half, `[1.0] Killed process 7 (${half}) total-vm:8kB\n`, `${KILL}${half}`]) {
      const parser = new Parser();
      const events = [...line].flatMap((unit) => parser.push(unit));
      events.push(...parser.finish());
      // As TextEncoder has it: U+FFFD.
      assert.deepEqual(events, parse(new TextEncoder().encode(line)), JSON.stringify(line));
      assert.deepEqual(parse(line), events);
      for (const event of events) JSON.parse(JSON.stringify(event));
      parser.free();
    }
  }
  // Half a character, then bytes: the half is one of its own.
  const parser = new Parser();
  parser.push('[1.0] Killed process 7 (\ud83d');
  parser.push(Buffer.from(') total-vm:8kB\n'));
  assert.equal(parser.finish()[0].victim.comm, '\ufffd');
});

test('cases with bytes changed, cut and repeated', () => {
  const next = random(7);
  for (const { name, input, options } of cases()) {
    for (let round = 0; round < 20; round++) {
      const bytes = Uint8Array.from(input);
      for (let change = next(8); change >= 0; change--) bytes[next(bytes.length)] = next(256);
      const log = bytes.subarray(next(bytes.length), next(bytes.length));
      const parser = new Parser(options);
      const events = [log, bytes].flatMap((piece) => parser.push(piece));
      events.push(...parser.finish());
      parser.free();
      assert.ok(events.every((event) => event.schema === 'oomparse.event/1'), name);
    }
  }
});

test('inputs that once broke something', () => {
  const dir = new URL('corpus/crashers/', root);
  const files = readdirSync(dir).filter((file) => !file.endsWith('.md'));
  assert.ok(files.length > 0);
  for (const file of files) {
    const input = readFileSync(new URL(file, dir));
    for (const line of parseNdjson(input, { tasks: true }).split('\n').filter(Boolean)) JSON.parse(line);
  }
});

test('memory does not grow over many parsers that are freed', () => {
  const [{ input }] = cases();
  const round = () => {
    for (let count = 0; count < 2000; count++) {
      parse(input);
      const parser = new Parser({ host: 'a', bootId: 'b', labels: ['c'] });
      parser.push(input);
      parser.free();
    }
  };
  round();
  const before = memory();
  round();
  round();
  assert.equal(memory(), before);
});

test('memory does not grow over many parsers that are forgotten', async () => {
  const [{ input }] = cases();
  const round = async () => {
    for (let count = 0; count < 2000; count++) new Parser().push(input);
    globalThis.gc();
    // Finalizers run between tasks.
    await sleep(20);
  };
  // Parsers are freed in an order that differs from run to run, and each leaves other gaps, so that a
  // page more may be wanted at first. What leaks wants more each time.
  let grown;
  for (let attempt = 0; attempt < 6 && grown !== 0; attempt++) {
    const before = memory();
    for (let count = 0; count < 5; count++) await round();
    grown = memory() - before;
  }
  assert.equal(grown, 0);
});

test('memory does not grow over one long log', () => {
  const parser = new Parser();
  const log = Buffer.concat(cases().map(({ input }) => Buffer.concat([input, Buffer.from('\n')])));
  parser.push(log);
  parser.push(log);
  const before = memory();
  let events = 0;
  for (let count = 0; count < 10; count++) events += parser.push(log).length;
  assert.ok(events > 1000);
  assert.ok(memory() - before <= 1 << 20, `${memory() - before} bytes`);
});
