// A file as the modules read it, without waiting: from its beginning, or at any place.

export class Source {
  #blob;
  #at = 0;
  #reader = new FileReaderSync();

  constructor(blob) {
    this.#blob = blob;
  }

  /** How many bytes were taken. */
  get taken() {
    return this.#at;
  }

  get size() {
    return this.#blob.size;
  }

  /** Its first bytes, by which one sees how it is packed. */
  get head() {
    return this.#piece(0, 512);
  }

  /** The bytes of a place, for who unpacks. */
  bytes(at, most) {
    const piece = this.#piece(at, most);
    this.#at = Math.max(this.#at, at + piece.length);
    return piece;
  }

  read(most) {
    const piece = this.#piece(this.#at, most);
    this.#at += piece.length;
    return piece;
  }

  #piece(at, most) {
    const piece = this.#blob.slice(at, at + most);
    if (piece.size === 0) return new Uint8Array();
    return new Uint8Array(this.#reader.readAsArrayBuffer(piece));
  }
}

const MAGIC = [
  [0x1f, 0x8b, 0x08],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  [0x42, 0x5a, 0x68],
  [0x04, 0x22, 0x4d, 0x18],
  [0x02, 0x21, 0x4c, 0x18],
  [0x50, 0x4b, 0x03, 0x04],
  [0x50, 0x4b, 0x05, 0x06],
  [0x4c, 0x50, 0x4b, 0x53, 0x48, 0x48, 0x52, 0x48],
  [0xff, 0xfe],
  [0xfe, 0xff],
];
// A frame that is to be skipped, of zstd and of lz4: its first byte is one of sixteen.
const SKIPPABLE = [0x2a, 0x4d, 0x18];
// Where a header of tar has its checksum.
const CHECKSUM = { from: 148, end: 156 };

/** Whether a file is not plain text: packed, an archive, or what the unpacker has a word for. */
export function isPacked(head) {
  const has = (bytes, at = 0) => bytes.every((byte, index) => head[at + index] === byte);
  const isSkippable = head[0] >> 4 === 5 && has(SKIPPABLE, 1);
  return isSkippable || MAGIC.some((bytes) => has(bytes)) || isTar(head);
}

/** Whether a header of tar stands there: its checksum is right, in which it counts as blanks itself. */
function isTar(head) {
  if (head.length < 512 || head[0] === 0) return false;
  const { from, end } = CHECKSUM;
  const told = new TextDecoder().decode(head.subarray(from, end)).replace(/^[ \0]+|[ \0]+$/g, '');
  if (!/^[0-7]+$/.test(told)) return false;
  const sum = head.subarray(0, 512).reduce((sum, byte, at) => sum + (at >= from && at < end ? 32 : byte), 0);
  return Number.parseInt(told, 8) === sum;
}
