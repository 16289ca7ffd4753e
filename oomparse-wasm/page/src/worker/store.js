// Events and the log's lines they rest on, kept outside the heap: the browser may move blobs to disk.

const encoder = new TextEncoder();

// What waits to become a blob.
const BATCH = 1 << 20;
// All lines that are kept; those of later events are not shown.
const MOST_LINES = 512 << 20;

export class Store {
  #blobs = [];
  #parts = [];
  #waiting = 0;
  #lines = 0;
  #events = [];

  get length() {
    return this.#events.length;
  }

  /** Forgets all events but the first ones. */
  cut(length) {
    this.#events.length = length;
  }

  /** Keeps an event and its lines; where they are known in the log, lines that it shares with the one before are kept once. */
  add(event, lines, start = 0, end = 0) {
    const last = this.#events.at(-1);
    let pieces = [];
    if (lines.length > 0 && last && last.end > last.start && last.start === start && end >= last.end) {
      pieces = [...last.pieces, ...this.#keepLines(lines.subarray(last.end - start))];
    } else {
      pieces = this.#keepLines(lines);
    }
    this.#events.push({ event: this.#keep(encoder.encode(event)), pieces, start, end });
  }

  async event(index) {
    return new TextDecoder().decode(await this.#bytes(this.#events[index].event));
  }

  async lines(index) {
    const pieces = await Promise.all(this.#events[index].pieces.map((piece) => this.#bytes(piece)));
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  #keepLines(bytes) {
    if (bytes.length === 0 || this.#lines + bytes.length > MOST_LINES) return [];
    this.#lines += bytes.length;
    return [this.#keep(bytes)];
  }

  #keep(bytes) {
    const place = { blob: this.#blobs.length, at: this.#waiting, length: bytes.length };
    this.#parts.push(bytes);
    this.#waiting += bytes.length;
    if (this.#waiting >= BATCH) this.#flush();
    return place;
  }

  #flush() {
    this.#blobs.push(new Blob(this.#parts));
    this.#parts = [];
    this.#waiting = 0;
  }

  async #bytes({ blob, at, length }) {
    if (blob === this.#blobs.length) this.#flush();
    const piece = this.#blobs[blob].slice(at, at + length);
    return new Uint8Array(await piece.arrayBuffer());
  }
}
