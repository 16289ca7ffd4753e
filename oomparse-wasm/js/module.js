// The WebAssembly module: getting it loaded, and calling into it.

import instantiate, { Reader, cgroup, initSync } from './wasm/oomparse.js';

let isLoaded = false;
let stopped;
let readNow;
let loading;

/** Says how to read the module without waiting, where that can be done. */
export function readsNow(read) {
  readNow = read;
}

/** Loads the module from a source that the host can open; once is enough. */
export async function load(source) {
  if (isLoaded) return;
  loading ??= instantiate({ module_or_path: source });
  try {
    await loading;
    isLoaded = true;
  } catch (cause) {
    loading = undefined;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`oomparse: its WebAssembly module cannot be loaded: ${why}`, { cause });
  }
}

/** Calls the module, so that whatever happens in it comes out as a sentence. */
export function call(run) {
  if (!isLoaded) {
    if (!readNow) {
      throw new Error('oomparse: the WebAssembly module is not loaded yet; `await init()` first');
    }
    initSync({ module: readNow() });
    isLoaded = true;
  }
  if (stopped) throw stop(stopped);
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
    stopped = cause;
    throw stop(cause);
  }
}

function stop(cause) {
  const why = 'oomparse: the WebAssembly module has stopped, for want of memory as far as is known';
  return new Error(`${why}; load the package anew`, { cause });
}

export { Reader, cgroup };
