// Whatever a caller hands over, as bytes in pieces that the module's memory need not grow for.

const PIECE = 1 << 16;

const encoder = new TextEncoder();
// A unit of UTF-16 is three bytes of UTF-8 at most.
const encoded = new Uint8Array(3 * PIECE);

const isHighSurrogate = (unit) => unit >= 0xd800 && unit <= 0xdbff;

// These throw for anything else, and know buffers of another realm: a frame, a test runner's context.
const lengths = [globalThis.ArrayBuffer, globalThis.SharedArrayBuffer]
  .filter((kind) => kind !== undefined)
  .map((kind) => Object.getOwnPropertyDescriptor(kind.prototype, 'byteLength').get);

function isBuffer(input) {
  return lengths.some((length) => {
    try {
      length.call(input);
      return true;
    } catch {
      return false;
    }
  });
}

/** The bytes of a buffer or a view; nothing if it is neither, or one that was given away. */
export function viewOf(input) {
  try {
    if (ArrayBuffer.isView(input)) {
      // A plain one, whatever a class of the caller's makes of its methods.
      return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    }
    return isBuffer(input) ? new Uint8Array(input) : undefined;
  } catch {
    return undefined;
  }
}

/** A string or bytes as bytes, whole. */
export function bytesOf(input, what) {
  if (typeof input === 'string') return encoder.encode(input);
  const view = viewOf(input);
  if (view) return view;
  throw wrong(input, what);
}

/** Cuts input into pieces, and puts together a character that a caller's strings were cut in. */
export class Pieces {
  #half = '';

  /** Hands the pieces on; each is good only until the next. */
  each(input, what, take) {
    if (typeof input === 'string') return this.#text(input, take);
    const view = viewOf(input);
    if (!view) throw wrong(input, what);
    this.end(take);
    for (let at = 0; at < view.length; at += encoded.length) {
      take(view.subarray(at, at + encoded.length));
    }
  }

  /** Hands on half a character that no other half follows. */
  end(take) {
    if (this.#half === '') return;
    const { written } = encoder.encodeInto(this.#half, encoded);
    this.#half = '';
    take(encoded.subarray(0, written));
  }

  #text(input, take) {
    let text = input;
    if (this.#half !== '' && text !== '') {
      text = this.#half + text;
      this.#half = '';
    }
    let at = 0;
    while (at < text.length) {
      let end = Math.min(at + PIECE, text.length);
      if (isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
      if (end === at) {
        this.#half = text.slice(at);
        return;
      }
      const { written } = encoder.encodeInto(text.slice(at, end), encoded);
      take(encoded.subarray(0, written));
      at = end;
    }
  }
}

function wrong(input, what) {
  return new TypeError(
    `oomparse: ${what} must be a string, an ArrayBuffer or a view of one, not ${nameOf(input)}`,
  );
}

/** What a value is, in a word. */
export function nameOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
}
