// The entry in browsers, and for bundlers, which find the module by the line below.

import { load } from './module.js';

export async function init(source) {
  await load(source ?? new URL('./wasm/oomparse_bg.wasm', import.meta.url));
}

export default init;
export * from './api.js';
