/// <reference lib="esnext.disposable" />
import type {
  CgroupDriver,
  CgroupLevel,
  ContainerRuntime,
  OomEvent,
  QosClass,
} from './types.js';

export type * from './types.js';

/** Text, or bytes in any encoding that keeps ASCII as it is. */
export type Input = string | ArrayBufferLike | ArrayBufferView;

/** A parser's options. An unknown key is a `TypeError`. */
export interface Options {
  /** Keep the task table in the events. */
  tasks?: boolean | undefined;
  /** `kernel`: only text that its frame proves to be the kernel's. Default `any`: also text whose author is not shown. */
  trust?: 'any' | 'kernel' | undefined;
  /** Daemons whose lines are read beside the kernel's, as `systemd-oomd`; `all` for all. Default: none. */
  sources?: 'all' | readonly string[] | undefined;
  /** Whose log it is, where its lines do not say so: a daemon's name. */
  origin?: string | undefined;
  /** The year of prefixes that show none, as `Jan  5 02:12:02`. */
  year?: number | undefined;
  /** The zone of prefixes that show none: `+08:00`, `UTC`, `local`, or a name such as `Asia/Shanghai`. */
  timezone?: string | undefined;
  /** The machine's name where the prefix shows none. */
  host?: Input | undefined;
  /** The boot id where the carrier shows none. */
  bootId?: Input | undefined;
  /** Cgroups below which a cluster lives, as one without root does: pods there are pods. */
  cgroupRoots?: Input | readonly Input[] | undefined;
  /** Listings of pods, as {@link Parser.pods} takes them. */
  pods?: Input | readonly Input[] | undefined;
  /** Which labels of pods the events carry; `*` for all. Default: none. */
  labels?: '*' | readonly string[] | undefined;
}

/** What came of a listing of pods. */
export interface PodsLoaded {
  format?: 'json' | 'ndjson' | 'csv' | 'columns' | 'names' | 'other';
  /** Records taken over. */
  records: number;
  /** Records or rows left out: no sound uid, no sound name. */
  skipped: number;
  /** The first thing that was wrong; what else could be read was taken over. */
  problem?: string;
}

/** What a cgroup path shows. */
export interface CgroupPath {
  driver?: CgroupDriver;
  qos_class?: QosClass;
  pod_uid?: string;
  /** The pod stands in the cgroup of a container or a machine. */
  nested?: true;
  container_id?: string;
  runtime?: ContainerRuntime;
  /** What the path itself names. */
  level: CgroupLevel;
}

/** All events of a whole log. */
export function parse(log: Input, options?: Options): OomEvent[];

/** All events of a whole log as JSON text, one a line: byte for byte what `oomparse scan --format json` writes. */
export function parseNdjson(log: Input, options?: Options): string;

/** What a memory cgroup's path shows, as the kernel prints it. */
export function parseCgroup(path: Input): CgroupPath;

/** Reads a log that comes in pieces, cut anywhere. */
export class Parser {
  constructor(options?: Options);
  /** Takes the next piece; gives the events that it completes. */
  push(chunk: Input): OomEvent[];
  /**
   * Gives kills that wait for one further line of their stream, without it: for a log that has been quiet
   * for a second.
   */
  flush(): OomEvent[];
  /** Gives what is open. The parser can then read another log. */
  finish(): OomEvent[];
  /**
   * Takes over a listing of pods, found by its content: JSON of kubectl, crictl or the kubelet, CSV, NDJSON,
   * a kubectl table with a column for the uid, or names below `/var/log/pods`. Events that leave from now
   * on carry the names. Throws where nothing of it can be read.
   */
  pods(listing: Input): PodsLoaded;
  /** Gives the memory back at once; else that happens when the parser is collected. */
  free(): void;
  [Symbol.dispose](): void;
}

/** Chunks of a log in, events out. A second after the last chunk it gives kills that wait for one more line. */
export class OomTransformStream extends TransformStream<Input, OomEvent> {
  constructor(options?: Options);
}

/** The events of a stream of chunks: Node's `Readable`, a `ReadableStream`, or anything that is iterable. */
export function parseStream(
  source: AsyncIterable<Input> | Iterable<Input> | ReadableStream<Input>,
  options?: Options,
): AsyncGenerator<OomEvent, void, undefined>;

/**
 * Loads the WebAssembly module. In a browser it must have been awaited before anything else is called; in
 * Node it need not be called. Calling it again does nothing.
 *
 * @param source where the module is, if not beside this file: a URL, a `Response` or its promise, the
 * module's bytes, or a `WebAssembly.Module`; in Node also a path
 */
export function init(source?: string | URL | ArrayBuffer | ArrayBufferView | object): Promise<void>;

export default init;
