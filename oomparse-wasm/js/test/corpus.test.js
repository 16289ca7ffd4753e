import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OomTransformStream, Parser, parse, parseNdjson, parseStream } from '../node.js';
import { cases, eventsOf } from './support/corpus.js';

const all = cases();

test('the corpus is there', () => {
  assert.ok(all.length > 300, `${all.length} cases`);
  assert.ok(all.some(({ options }) => options.pods) && all.some(({ options }) => options.tasks));
});

test('the same text, keys and values as the core', () => {
  for (const { name, input, options, snapshot } of all) {
    assert.equal(parseNdjson(input, options), snapshot, name);
    const events = parse(input, options);
    assert.deepEqual(events, eventsOf(snapshot), name);
    // In the same order, too.
    assert.equal(JSON.stringify(events), JSON.stringify(eventsOf(snapshot)), name);
  }
});

test('no kill in what only looks like one', () => {
  const negatives = cases('negative');
  assert.ok(negatives.length > 10);
  for (const { name, input, options } of negatives) {
    assert.ok(parse(input, options).every(({ type }) => type !== 'kill'), name);
  }
});

const SIZES = [1, 2, 3, 7, 61, 64, 255, 1021, 4096];

test('bytes cut anywhere', () => {
  for (const { name, input, options, snapshot } of all) {
    for (const size of SIZES) {
      assert.deepEqual(inPieces(input, size, options), eventsOf(snapshot), `${name} by ${size}`);
    }
  }
});

test('strings cut anywhere, in the middle of a character too', () => {
  for (const { name, input, options, snapshot } of all) {
    const text = input.toString();
    // What is not UTF-8 cannot come as a string.
    if (!Buffer.from(text).equals(input)) continue;
    assert.deepEqual(parse(text, options), eventsOf(snapshot), name);
    for (const size of [1, 5, 64, 1021]) {
      assert.deepEqual(inPieces(text, size, options), eventsOf(snapshot), `${name} by ${size}`);
    }
  }
  const line = '[1.0] Killed process 7 (a😀é日) total-vm:8kB\n';
  assert.equal(parse(line)[0].victim.comm, 'a😀é日');
  for (let size = 1; size < 20; size++) assert.deepEqual(inPieces(line, size), parse(line));
  const bytes = new TextEncoder().encode(line);
  for (let size = 1; size < 20; size++) assert.deepEqual(inPieces(bytes, size), parse(line));
});

test('events leave as soon as they are complete', () => {
  for (const { name, input, options } of all) {
    const early = new Parser(options);
    const lines = input.toString('latin1').split(/(?<=\n)/);
    const events = lines.flatMap((line) => early.push(Buffer.from(line, 'latin1')));
    const late = early.finish();
    early.free();
    assert.deepEqual([...events, ...late], parse(input, options), name);
  }
});

test('through a TransformStream', async () => {
  for (const { name, input, options, snapshot } of all.filter((_, at) => at % 5 === 0)) {
    const chunks = new ReadableStream({
      start(controller) {
        for (const piece of pieces(input, 100)) controller.enqueue(piece);
        controller.close();
      },
    });
    const events = [];
    for await (const event of chunks.pipeThrough(new OomTransformStream(options))) {
      events.push(event);
    }
    assert.deepEqual(events, eventsOf(snapshot), name);
  }
});

test('through parseStream', async () => {
  for (const { name, input, options, snapshot } of all) {
    const events = [];
    for await (const event of parseStream(pieces(input, 77), options)) events.push(event);
    assert.deepEqual(events, eventsOf(snapshot), name);
  }
});

function* pieces(input, size) {
  for (let at = 0; at < input.length; at += size) yield input.slice(at, at + size);
}

function inPieces(input, size, options) {
  const parser = new Parser(options);
  const events = [];
  for (const piece of pieces(input, size)) events.push(...parser.push(piece));
  events.push(...parser.finish());
  parser.free();
  return events;
}
