// The page's side of the worker: asks, and hears what comes by itself.

import workerCode from 'worker:./worker/worker.js';

const waiting = new Map();
const heard = { rows: () => {}, renamed: () => {}, progress: () => {}, cut: () => {}, joined: () => {} };
let worker;
let last = 0;

/** Starts the worker with the module's bytes. */
export async function start(wasm, hear) {
  Object.assign(heard, hear);
  const url = URL.createObjectURL(new Blob([workerCode], { type: 'text/javascript' }));
  worker = new Worker(url);
  worker.onmessage = ({ data }) => {
    if (data.wants) return bring(data.wants);
    if (data.id === undefined) {
      for (const key of Object.keys(heard)) if (data[key]) heard[key](data[key]);
      return;
    }
    const { resolve, reject } = waiting.get(data.id) ?? {};
    waiting.delete(data.id);
    if (data.error !== undefined) reject?.(new Error(data.error));
    else resolve?.(data.result);
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Error(event.message));
    waiting.clear();
  };
  await ask('init', { wasm });
  URL.revokeObjectURL(url);
}

export function ask(action, rest = {}) {
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, action, ...rest });
  });
}

/** Stops what is being read; what was found stays. */
export function cancel() {
  worker.postMessage({ action: 'cancel' });
}

/** Gives the worker a module that it asks for. */
async function bring(name) {
  try {
    worker.postMessage({ action: 'module', name, wasm: await module(name) });
  } catch (error) {
    worker.postMessage({ action: 'module', name, error: String(error.message ?? error) });
  }
}

/** What comes with a log alone: the texts of all terms. */
export const terms = async () => JSON.parse(new TextDecoder().decode(await module('terms', 'json')));

/** A module's bytes: from the page itself, from beside it, or from a script where nothing can be fetched. */
export async function module(name, kind = 'wasm') {
  const inline = document.getElementById(`module-${name}`);
  if (inline) return unpacked(inline.textContent);
  if (location.protocol !== 'file:') {
    const response = await fetch(`${name}.${kind}`);
    if (!response.ok) throw new Error(`${name}.${kind}: ${response.status}`);
    return response.arrayBuffer();
  }
  const script = document.createElement('script');
  script.src = `${name}.${kind}.js`;
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${name}.${kind}.js is missing`));
    document.head.append(script);
  });
  return unpacked(globalThis.oomparseModules[name]);
}

/** Bytes of base64 of gzip. */
async function unpacked(text) {
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}
