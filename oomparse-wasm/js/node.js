// The entry in Node: the module is read from disk when it is first needed.

import { readFileSync } from 'node:fs';
import { call, load, readsNow } from './module.js';

readsNow(() => readFileSync(new URL('./wasm/oomparse_bg.wasm', import.meta.url)));

export async function init(source) {
  if (source === undefined) call(() => undefined);
  else await load(isFile(source) ? readFileSync(source) : source);
}

function isFile(source) {
  return source instanceof URL ? source.protocol === 'file:' : typeof source === 'string';
}

export default init;
export * from './api.js';
