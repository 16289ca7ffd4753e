// A file as the module reads it: from its beginning, some bytes at a time, without waiting.

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

  /** Its first bytes, by which one sees how it is packed. */
  get head() {
    return new Uint8Array(this.#reader.readAsArrayBuffer(this.#blob.slice(0, 512)));
  }

  read(most) {
    const piece = this.#blob.slice(this.#at, this.#at + most);
    if (piece.size === 0) return new Uint8Array();
    this.#at += piece.size;
    return new Uint8Array(this.#reader.readAsArrayBuffer(piece));
  }
}

const MAGIC = [
  [0x1f, 0x8b, 0x08],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  [0x42, 0x5a, 0x68],
  [0x04, 0x22, 0x4d, 0x18],
  [0x50, 0x4b, 0x03, 0x04],
  [0x4c, 0x50, 0x4b, 0x53, 0x48, 0x48, 0x52, 0x48],
  [0xff, 0xfe],
  [0xfe, 0xff],
];
const TAR = [0x75, 0x73, 0x74, 0x61, 0x72];

/** Whether a file is no plain text: packed, an archive, or what the unpacker has a word for. */
export function isPacked(head) {
  const has = (bytes, at = 0) => bytes.every((byte, index) => head[at + index] === byte);
  return MAGIC.some((bytes) => has(bytes)) || has(TAR, 257);
}
