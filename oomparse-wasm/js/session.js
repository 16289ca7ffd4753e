// One log being read: input in, the core's JSON out, some lines at a time.

import { Pieces, bytesOf } from './bytes.js';
import { Reader, call } from './module.js';
import { settingsOf } from './options.js';

// What a listing may take of the module's memory, which it can have 4 GiB of.
const MAX_LISTING = 2 ** 29;

export class Session {
  #reader;
  #zone;
  #pieces = new Pieces();

  constructor(options) {
    const settings = settingsOf(options);
    const { tasks, provenOnly, year, offset, host, bootId, zone, labels, listings } = settings;
    this.#zone = zone;
    this.#reader = call(
      () => new Reader(tasks, provenOnly, year, offset, host, bootId, zone !== undefined),
    );
    try {
      for (const root of settings.cgroupRoots) {
        if (!call(() => this.#reader.cgroup_root(root))) {
          throw new RangeError('oomparse: cgroupRoots are paths that begin with a slash');
        }
      }
      for (const name of settings.sources) {
        if (!call(() => this.#reader.source(name))) {
          throw new RangeError(`oomparse: sources: no daemon '${name}' is known`);
        }
      }
      if (settings.origin !== undefined && !call(() => this.#reader.origin(settings.origin))) {
        throw new RangeError(`oomparse: origin: no daemon '${settings.origin}' is known`);
      }
      if (labels.length > 0) call(() => this.#reader.keep_labels(labels.join('\n')));
      for (const listing of listings) this.pods(listing);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  push(chunk, take) {
    const reader = this.#live();
    this.#pieces.each(chunk, 'a log', (bytes) => {
      call(() => reader.push(bytes));
      this.#drain(take);
    });
  }

  flush(take) {
    const reader = this.#live();
    call(() => reader.flush());
    this.#drain(take);
  }

  finish(take) {
    const reader = this.#live();
    this.#pieces.end((bytes) => call(() => reader.push(bytes)));
    call(() => reader.finish());
    this.#drain(take);
  }

  pods(listing) {
    const reader = this.#live();
    const bytes = bytesOf(listing, 'a listing of pods');
    if (bytes.length > MAX_LISTING) {
      throw new RangeError(`oomparse: a listing of pods may have ${MAX_LISTING} bytes`);
    }
    const loaded = JSON.parse(call(() => reader.pods(bytes)));
    if (loaded.problem !== undefined && loaded.records === 0) {
      throw new Error(`oomparse: the listing of pods cannot be read: ${loaded.problem}`);
    }
    return loaded;
  }

  free() {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader) call(() => reader.free());
  }

  #live() {
    if (this.#reader) return this.#reader;
    throw new Error('oomparse: this parser was freed');
  }

  #drain(take) {
    const reader = this.#live();
    for (;;) {
      const batch = call(() => reader.take());
      if (batch !== undefined) {
        take(batch);
        continue;
      }
      const asked = call(() => reader.asks());
      if (asked === undefined) return;
      const minutes = this.#zone.offset(...asked);
      take(call(() => reader.answer(minutes)));
    }
  }
}
