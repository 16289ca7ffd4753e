import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OomTransformStream, parse, parseStream } from '../node.js';
import { cases, root } from './support/corpus.js';

const LIMIT = { timeout: 60_000 };
const KILL = '[1.0] Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n';
const FILE = new URL(`corpus/cases/${cases()[0].name}/input.log`, root);
const EXPECTED = parse(cases()[0].input);

test("Node's streams: a file, adapted to the web's", async () => {
  const events = [];
  const chunks = Readable.toWeb(createReadStream(FILE, { highWaterMark: 50 }));
  for await (const event of chunks.pipeThrough(new OomTransformStream())) events.push(event);
  assert.deepEqual(events, EXPECTED);
});

test("Node's streams: a pipeline", async () => {
  const events = [];
  await pipeline(
    createReadStream(FILE, { highWaterMark: 50 }),
    Duplex.fromWeb(new OomTransformStream(), { objectMode: true }),
    new Writable({
      objectMode: true,
      write(event, _, done) {
        events.push(event);
        done();
      },
    }),
  );
  assert.deepEqual(events, EXPECTED);
});

test("Node's streams: iterated over", async () => {
  const events = [];
  for await (const event of parseStream(createReadStream(FILE, { highWaterMark: 50 }))) {
    events.push(event);
  }
  assert.deepEqual(events, EXPECTED);
});

test('a stream without iterators, and one that is left early', async () => {
  let cancelled = false;
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(`${KILL}[2.0] Killed process 8 (java) total-vm:8kB\n`),
    cancel() {
      cancelled = true;
    },
  });
  for await (const event of parseStream({ getReader: () => stream.getReader() })) {
    assert.equal(event.victim.pid, 7);
    break;
  }
  assert.ok(cancelled);
});

test('a chunk of another type fails the stream with a TypeError', async () => {
  const readable = Readable.toWeb(Readable.from([7])).pipeThrough(new OomTransformStream());
  await assert.rejects(readable.getReader().read(), /TypeError|must be a string/);
  await assert.rejects(async () => {
    for await (const _ of parseStream([{}]));
  }, TypeError);
});

test('a kill that waits leaves when the log is quiet for a second', LIMIT, async () => {
  const { readable, writable } = new OomTransformStream();
  const writer = writable.getWriter();
  const reader = readable.getReader();
  writer.write(KILL);
  const first = reader.read();
  // Node does not stay for the stream's own clock.
  const alive = setInterval(() => {}, 1000);
  assert.equal(await Promise.race([first, sleep(300, 'waits')]), 'waits');
  assert.equal((await first).value.victim.pid, 7);
  clearInterval(alive);
  writer.close();
  assert.equal((await reader.read()).done, true);
});

test('a stream that is cancelled or aborted is over', LIMIT, async () => {
  const cancelled = new OomTransformStream();
  const writer = cancelled.writable.getWriter();
  const writing = writer.write(KILL).catch(() => {});
  await cancelled.readable.cancel();
  await writing;
  const aborted = new OomTransformStream();
  await aborted.writable.abort(new Error('enough'));
  await assert.rejects(aborted.readable.getReader().read(), /enough/);
  // The quiet second passes without a complaint.
  await sleep(1100);
});
