// Events as objects, and what is done with one log from beginning to end.

import { bytesOf } from './bytes.js';
import { call, cgroup } from './module.js';
import { Session } from './session.js';

export class Parser {
  #session;

  constructor(options) {
    this.#session = new Session(options);
  }

  push(chunk) {
    return events((take) => this.#session.push(chunk, take));
  }

  flush() {
    return events((take) => this.#session.flush(take));
  }

  finish() {
    return events((take) => this.#session.finish(take));
  }

  pods(listing) {
    return this.#session.pods(listing);
  }

  free() {
    this.#session.free();
  }
}

if (Symbol.dispose) Parser.prototype[Symbol.dispose] = Parser.prototype.free;

export function parse(input, options) {
  return events((take) => whole(input, options, take));
}

export function parseNdjson(input, options) {
  let text = '';
  whole(input, options, (batch) => {
    text += batch;
  });
  return text;
}

export function parseCgroup(path) {
  const bytes = bytesOf(path, 'a cgroup path');
  return JSON.parse(call(() => cgroup(bytes)));
}

function whole(input, options, take) {
  const session = new Session(options);
  try {
    session.push(input, take);
    session.finish(take);
  } finally {
    session.free();
  }
}

/** The events of a run, which hands over the core's lines. */
function events(run) {
  const found = [];
  run((batch) => {
    for (const line of batch.split('\n')) {
      if (line !== '') found.push(JSON.parse(line));
    }
  });
  return found;
}
