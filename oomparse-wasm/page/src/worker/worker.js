// What runs beside the page: reads logs, keeps events, says what the page asks.

import * as kernel from '../../wasm/oomparse.js';
import * as packed from '../../wasm-unpack/oomparse.js';
import * as all from '../../wasm-voices/oomparse.js';
import { isPacked, Source } from './source.js';
import { Store } from './store.js';

// How long the loop runs before it lets messages in.
const TURN = 40;
// How much of a log is read at a time.
const PIECE = 128 << 10;
// Of one archive so many files that cannot be read are named.
const MOST_PROBLEMS = 20;
// Files of names are read whole.
const MOST_NAMES = 256 << 20;

let store = new Store();
let teller;
let cancelled = false;
// What reads logs: the kernel's voice alone, or all of them.
let reader = kernel;
// The module of all voices could not be had: the kernel's alone is read.
let isDeaf = false;
const modules = { unpack: packed, voices: all };
const here = new Set();
let cameOf = {};

const pause = (() => {
  const { port1, port2 } = new MessageChannel();
  let go;
  port1.onmessage = () => go();
  return () =>
    new Promise((resolve) => {
      go = resolve;
      port2.postMessage(0);
    });
})();

const actions = {
  init({ wasm }) {
    kernel.initSync({ module: wasm });
    teller = new kernel.Teller();
  },

  clear() {
    store = new Store();
    reader = kernel;
  },

  cancel() {
    cancelled = true;
  },

  /** Reads files; rows go out as they are found. */
  async open({ files, year, offset }) {
    cancelled = false;
    const total = files.reduce((sum, file) => sum + file.size, 0);
    const problems = [];
    let before = 0;
    for (const file of files) {
      if (cancelled) break;
      const from = store.length;
      const readFile = () => readAny(new Source(file), { name: file.name, before, total }, { year, offset });
      let found = await readFile();
      if (found === ANEW) {
        // Others than the kernel speak in this one: it is read again, and they are read from here on.
        try {
          await bring('voices');
          reader = all;
        } catch {
          isDeaf = true;
          problems.push({ name: file.name, problem: 'voices' });
        }
        store.cut(from);
        postMessage({ cut: { to: from } });
        found = await readFile();
      }
      problems.push(...found);
      before += file.size;
    }
    if (reader === all && !cancelled) await join();
    return { problems, cancelled };
  },

  /** Takes events that are known already, with the lines they rest on. */
  async load({ text }) {
    const rows = [];
    let isOthers = false;
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      const { event, lines } = parse(line);
      const row = event && teller.row(event);
      if (!row) continue;
      store.add(event, new TextEncoder().encode(lines));
      rows.push(row);
      isOthers ||= JSON.parse(row).voice !== 'kernel';
      if (rows.length >= 500) {
        give(rows.splice(0));
        await pause();
      }
    }
    give(rows);
    if (!isOthers) return;
    await bring('voices');
    await join();
  },

  /** Who speaks in some events, and what. */
  async voices({ indexes, language }) {
    const events = await Promise.all(indexes.map((index) => store.event(index)));
    return JSON.parse(teller.voices(events.join('\n'), language));
  },

  async show({ index, language }) {
    const event = await store.event(index);
    const lines = await store.lines(index);
    return JSON.parse(teller.show(event, lines, language));
  },

  async course({ indexes, language }) {
    const events = await Promise.all(indexes.map((index) => store.event(index)));
    return JSON.parse(teller.course(events.join('\n'), language));
  },

  /** Events as NDJSON, with their lines where those may be shown. */
  async events({ indexes, lines }) {
    const all = [];
    for (const index of indexes) {
      const event = teller.event(await store.event(index));
      if (!lines) all.push(event);
      else {
        const text = new TextDecoder().decode(await store.lines(index));
        all.push(JSON.stringify({ event: JSON.parse(event), lines: text }));
      }
    }
    return all.map((line) => `${line}\n`).join('');
  },

  async markdown({ indexes, language }) {
    const all = [];
    for (const index of indexes) all.push(teller.markdown(await store.event(index), language));
    return all.join('\n---\n\n');
  },

  async names({ files }) {
    let told = 0;
    for (const file of files) {
      if (file.size > MOST_NAMES) continue;
      told += teller.names(new Uint8Array(await file.arrayBuffer()));
    }
    if (told > 0) await again();
    return told;
  },

  async anonymise({ on }) {
    teller.anonymise(on);
    await again();
  },
};

/** An embedded line: `{"event":…,"lines":…}`, or an event as the program writes it. */
function parse(line) {
  try {
    const value = JSON.parse(line);
    if (value.schema) return { event: line, lines: '' };
    return { event: JSON.stringify(value.event), lines: value.lines ?? '' };
  } catch {
    return {};
  }
}

/** Stands for a log that must be read anew, with all voices. */
const ANEW = Symbol('anew');

/** Reads a log, whatever it is packed in; what could not be read of it, or `ANEW`. */
async function readAny(source, where, options) {
  if (isPacked(source.head)) return readPacked(source, where, options);
  return (await read(() => source.read(PIECE), source, where, options)) ? ANEW : [];
}

/** Reads a packed log, or each file of an archive: a report does not go on in the next one. */
async function readPacked(source, where, options) {
  await bring('unpack');
  const unpacker = new packed.Unpacker(source);
  try {
    while (unpacker.more() && !cancelled) {
      if (await read(() => unpacker.read(), source, where, options)) return ANEW;
    }
    return unpacker.problems().slice(0, MOST_PROBLEMS).map((told) => {
      const [problem, path] = told.split('\t');
      return { name: path === '' ? where.name : `${where.name}: ${path}`, problem };
    });
  } finally {
    unpacker.free();
  }
}

/** Asks the page for a module, once. */
async function bring(name) {
  if (here.has(name)) return;
  const wasm = await new Promise((resolve, reject) => {
    cameOf[name] = (bytes, error) => (error === undefined ? resolve(bytes) : reject(new Error(error)));
    postMessage({ wants: name });
  });
  modules[name].initSync({ module: wasm });
  here.add(name);
}

/** Says which events are of one death, and takes the names that one voice knows. */
async function join() {
  const joiner = new all.Joiner();
  for (let index = 0; index < store.length; index++) {
    joiner.push(index, await store.event(index));
    if (index % 500 === 499) await pause();
  }
  const { incidents, repeated, names } = JSON.parse(joiner.finish());
  joiner.free();
  if (names !== '') {
    teller.names(new TextEncoder().encode(`NAMESPACE NAME UID\n${names}`));
    await again();
  }
  postMessage({ joined: { incidents, repeated } });
}

/** Reads to the end; whether it must be read anew with all voices. */
async function read(next, source, { name, before, total }, { year, offset }) {
  const log = new reader.Log(year, offset);
  try {
    let until = performance.now() + TURN;
    for (let bytes = next(); bytes.length > 0 && !cancelled; bytes = next()) {
      log.push(bytes);
      if (reader === kernel && !isDeaf && log.heard()) return true;
      drain(log);
      if (performance.now() < until) continue;
      postMessage({ progress: { name, done: before + source.taken, total } });
      await pause();
      until = performance.now() + TURN;
    }
    log.finish();
    drain(log);
    return false;
  } finally {
    log.free();
  }
}

function drain(log) {
  const rows = [];
  for (let found = log.take(); found; found = log.take()) {
    rows.push(found.row);
    store.add(found.event, found.excerpt, found.start, found.end);
    found.free();
  }
  give(rows);
}

function give(rows) {
  if (rows.length > 0) postMessage({ rows: rows.map((row) => JSON.parse(row)) });
}

/** All rows anew, since names changed. */
async function again() {
  let rows = [];
  for (let index = 0; index < store.length; index++) {
    rows.push(JSON.parse(teller.row(await store.event(index))));
    if (rows.length >= 500 || index === store.length - 1) {
      postMessage({ renamed: { from: index + 1 - rows.length, rows } });
      rows = [];
      await pause();
    }
  }
}

// One after another, but for a cancel.
let queue = Promise.resolve();

onmessage = ({ data: { id, action, ...rest } }) => {
  if (action === 'cancel') return actions.cancel();
  if (action === 'module') return cameOf[rest.name](rest.wasm, rest.error);
  queue = queue.then(async () => {
    try {
      postMessage({ id, result: await actions[action](rest) });
    } catch (error) {
      postMessage({ id, error: String(error?.message ?? error) });
    }
  });
};
