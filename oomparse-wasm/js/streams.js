// Logs that come in pieces over time.

import { nameOf, viewOf } from './bytes.js';
import { Parser } from './parser.js';

// A kill whose cgroup may still be printed waits this long for the next line.
const QUIET_MS = 1000;

export class OomTransformStream extends TransformStream {
  constructor(options) {
    const parser = new Parser(options);
    let timer;
    const over = () => {
      clearTimeout(timer);
      parser.free();
    };
    const give = (events, controller) => {
      for (const event of events) controller.enqueue(event);
    };
    const quiet = (controller) => {
      try {
        give(parser.flush(), controller);
      } catch (error) {
        over();
        controller.error(error);
      }
    };
    super({
      transform(chunk, controller) {
        clearTimeout(timer);
        try {
          give(parser.push(chunk), controller);
        } catch (error) {
          over();
          throw error;
        }
        timer = setTimeout(quiet, QUIET_MS, controller);
        // Node must not stay for it.
        timer.unref?.();
      },
      flush(controller) {
        try {
          give(parser.finish(), controller);
        } finally {
          over();
        }
      },
      cancel: over,
    });
  }
}

export async function* parseStream(source, options) {
  const chunks = chunksOf(source);
  const parser = new Parser(options);
  try {
    for await (const chunk of chunks) yield* parser.push(chunk);
    yield* parser.finish();
  } finally {
    parser.free();
  }
}

function chunksOf(source) {
  const isWhole = typeof source === 'string' || viewOf(source) !== undefined;
  if (!isWhole && source !== null && source !== undefined) {
    if (source[Symbol.asyncIterator] || source[Symbol.iterator]) return source;
    // Where streams cannot be iterated over yet.
    if (typeof source.getReader === 'function') return read(source);
  }
  const given = isWhole ? 'a whole log, which `parse` is for' : nameOf(source);
  throw new TypeError(`oomparse: parseStream takes a stream of chunks, not ${given}`);
}

async function* read(stream) {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isDone = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!isDone) await reader.cancel();
    reader.releaseLock();
  }
}
