// Compiled by types.test.js, never run.

import init, {
  OomTransformStream,
  Parser,
  parse,
  parseCgroup,
  parseNdjson,
  parseStream,
  type CgroupPath,
  type Evidence,
  type KillEvent,
  type OomEvent,
  type Options,
  type PodsLoaded,
} from 'oomparse';

const options: Options = {
  tasks: true,
  trust: 'kernel',
  sources: ['systemd-oomd'],
  origin: 'earlyoom',
  year: 2023,
  timezone: 'Asia/Shanghai',
  host: 'node-7',
  bootId: new Uint8Array(16),
  pods: ['uid,name\n', new ArrayBuffer(8)],
  labels: '*',
};

export function sentence(event: OomEvent): string {
  switch (event.type) {
    case 'kill': {
      const kill: KillEvent = event;
      return `${kill.victim.pid} ${kill.victim.comm ?? ''} ${kill.pod?.labels?.['app'] ?? ''}`;
    }
    case 'no_victim':
    case 'report': {
      const none: undefined = event.victim;
      return String(none);
    }
    case 'userspace_kill':
    case 'eviction':
    case 'notice':
      return `${event.killer ?? event.reporter ?? ''} ${event.victim?.pid ?? ''} ${event.cause?.kind ?? ''}`;
    default: {
      const never: never = event;
      return never;
    }
  }
}

export async function all(stream: ReadableStream<Uint8Array>): Promise<void> {
  await init();
  await init(new URL('https://example.invalid/oomparse_bg.wasm'));
  const events: OomEvent[] = parse('', options);
  const text: string = parseNdjson(new Uint8Array());
  const path: CgroupPath = parseCgroup('/');
  const evidence: Evidence[] = events.flatMap((event) => event.evidence ?? []);
  const values: number[] = events.flatMap(({ memcg_stats = [] }) =>
    memcg_stats.flatMap(({ values }) => Object.values(values)),
  );
  const parser = new Parser(options);
  const loaded: PodsLoaded = parser.pods('');
  const pushed: OomEvent[] = [...parser.push(''), ...parser.flush(), ...parser.finish()];
  parser.free();
  for await (const event of parseStream([new Uint8Array()], { labels: ['app'] })) sentence(event);
  const reader = stream.pipeThrough(new OomTransformStream()).getReader();
  const { value } = await reader.read();
  void [text, path.level, evidence, values, loaded.records, pushed, value?.type];
}

export function disposed(): OomEvent[] {
  using parser = new Parser();
  return parser.push('');
}
