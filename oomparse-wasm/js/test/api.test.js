import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import init, * as oomparse from '../node.js';
import { root } from './support/corpus.js';

const { Parser, parse, parseCgroup, parseNdjson, parseStream, OomTransformStream } = oomparse;

const KILL = 'Killed process 7 (java) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n';
const SUMMARY =
  'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods,task_memcg=/kubepods/burstable/pod3962896b-ab69-4572-8f1d-ee756f9f3589/a2172e8d1101,task=java,pid=7,uid=0\n';

/** A summary and its kill. */
const report = (pid = 7) =>
  `[1.0] ${SUMMARY}[1.1] Memory cgroup out of memory: ${KILL}`.replace('pid=7', `pid=${pid}`).replace('process 7', `process ${pid}`);

/** What a piece completes, at once or after a while. */
const both = (parser, text) => [...parser.push(text), ...parser.flush()];

const says = (name, pattern) => (error) => error.name === name && pattern.test(error.message);

test('options are read', () => {
  const syslog = `Jul  5 02:30:00 node-7 kernel: [9.2] ${KILL}`;
  const time = (options) => parse(syslog, options)[0].time;
  assert.equal(time({}), undefined);
  assert.equal(time({ year: 2023, timezone: '+08:00' }), '2023-07-05T02:30:00+08:00');
  assert.equal(time({ year: 2023, timezone: '-0330' }), '2023-07-05T02:30:00-03:30');
  assert.equal(time({ year: 2023, timezone: 'utc' }), '2023-07-05T02:30:00Z');
  assert.equal(time({ year: 2023, timezone: 'Europe/Berlin' }), '2023-07-05T02:30:00+02:00');
  assert.equal(time({ timezone: 'Europe/Berlin' }), undefined);
  assert.equal(parse(`[1.0] ${KILL}`, { host: 'n' })[0].host, 'n');
  assert.equal(parse(`[1.0] ${KILL}`, { host: '' })[0].host, undefined);
  assert.equal(parse(`[1.0] ${KILL}`, { trust: 'kernel' }).length, 0);
  assert.equal(parse(`6,1,9,-;${KILL}`, { trust: 'kernel' }).length, 1);
  const bootId = '0f8b1c2d3e4f45a6b7c8d9e0f1a2b3c4';
  const ids = [{}, { bootId }].map((options) => parse(`6,1,9,-;${KILL}`, options)[0].id);
  assert.notEqual(ids[0], ids[1]);
  assert.match(ids[1], /:1$/);
  assert.equal(parse(`[1.0] ${KILL}`, { tasks: undefined, year: undefined }).length, 1);
});

test('a zone knows its rules', () => {
  const at = (date, timezone) =>
    parse(`${date} node-7 kernel: [9.2] ${KILL}`, { year: 2023, timezone })[0].time;
  assert.equal(at('Jan  5 02:30:00', 'Europe/Berlin'), '2023-01-05T02:30:00+01:00');
  assert.equal(at('Jul  5 02:30:00', 'Asia/Kolkata'), '2023-07-05T02:30:00+05:30');
  assert.equal(at('Jul  5 02:30:00', 'America/St_Johns'), '2023-07-05T02:30:00-02:30');
  // The hour that is left out, and the one that comes twice; those beside them.
  assert.equal(at('Mar 26 02:30:00', 'Europe/Berlin'), undefined);
  assert.equal(at('Mar 26 01:59:59', 'Europe/Berlin'), '2023-03-26T01:59:59+01:00');
  assert.equal(at('Mar 26 03:00:00', 'Europe/Berlin'), '2023-03-26T03:00:00+02:00');
  assert.equal(at('Oct 29 02:30:00', 'Europe/Berlin'), undefined);
  assert.equal(at('Oct 29 01:59:59', 'Europe/Berlin'), '2023-10-29T01:59:59+02:00');
  assert.equal(at('Oct 29 03:00:00', 'Europe/Berlin'), '2023-10-29T03:00:00+01:00');
  assert.equal(at('Feb 31 02:30:00', 'Europe/Berlin'), undefined);
  assert.match(at('Jul  5 02:30:00', 'local'), /^2023-07-05T02:30:00(Z|[+-]\d\d:\d\d)$/);
  // Events that ask come out in their order, among those that do not.
  const log = `Jul  5 02:30:00 a kernel: [1.0] ${KILL}2023-07-05T02:30:00+01:00 a kernel: [2.0] ${KILL.replace('7', '8')}Jul  5 02:30:02 a kernel: [3.0] ${KILL.replace('7', '9')}`;
  const events = parse(log, { year: 2023, timezone: 'Asia/Tokyo' });
  assert.deepEqual(events.map(({ victim }) => victim.pid), [7, 8, 9]);
  assert.deepEqual(events.map(({ time }) => time.slice(-6)), ['+09:00', '+01:00', '+09:00']);
});

test('what is wrong with an option is said', () => {
  const wrong = [
    [{ task: true }, 'TypeError', /no option 'task'; there are tasks, trust, sources, origin, year/],
    [{ constructor: 1 }, 'TypeError', /no option 'constructor'/],
    [JSON.parse('{"__proto__": {}}'), 'TypeError', /no option '__proto__'/],
    [null, 'TypeError', /options must be an object, not null/],
    ['tasks', 'TypeError', /options must be an object, not a string/],
    [[], 'TypeError', /not an array/],
    [new Map([['trust', 'kernel']]), 'TypeError', /options must be a plain object/],
    [Object.create({ trust: 'kernel' }), 'TypeError', /options must be a plain object/],
    [{ tasks: 1 }, 'TypeError', /tasks must be a boolean, not a number/],
    [{ tasks: null }, 'TypeError', /tasks must be a boolean, not null/],
    [{ year: '2023' }, 'TypeError', /year must be a number/],
    [{ year: 1969 }, 'RangeError', /1970 to 9999, not 1969/],
    [{ year: NaN }, 'RangeError', /not NaN/],
    [{ year: 2023.5 }, 'RangeError', /whole number/],
    [{ timezone: 60 }, 'TypeError', /timezone must be a string/],
    [{ timezone: '+8' }, 'RangeError', /looks like \+08:00/],
    [{ timezone: '+24:00' }, 'RangeError', /looks like \+08:00/],
    [{ timezone: 'Mars/Olympus' }, 'RangeError', /no time zone 'Mars\/Olympus'/],
    [{ timezone: '' }, 'RangeError', /no time zone ''/],
    [{ trust: 'all' }, 'RangeError', /trust is 'any' or 'kernel'/],
    [{ host: 7 }, 'TypeError', /host must be a string, an ArrayBuffer/],
    [{ labels: 'app' }, 'TypeError', /labels is '\*' or an array/],
    [{ labels: [1] }, 'TypeError', /labels is/],
    [{ pods: 7 }, 'TypeError', /a listing of pods must be/],
    [{ pods: [7] }, 'TypeError', /a listing of pods must be/],
    [{ pods: 'hello world' }, 'Error', /listing of pods cannot be read: expected a listing/],
  ];
  for (const [options, name, pattern] of wrong) {
    for (const run of [
      () => parse('', options),
      () => parseNdjson('', options),
      () => new Parser(options),
      () => new OomTransformStream(options),
    ]) {
      assert.throws(run, says(name, pattern), JSON.stringify(options));
    }
  }
});

test('a class of bytes cannot make a log longer than it is', () => {
  class Odd extends Uint8Array {
    subarray() {
      return { length: 2 ** 32 - 1 };
    }
  }
  assert.deepEqual(parse(new Odd(9)), []);
  assert.equal(parse('Killed process 4021 (mysqld)').length, 1);
});

test('what is wrong with an argument is said', async () => {
  const parser = new Parser();
  const given = new ArrayBuffer(8);
  structuredClone(given, { transfer: [given] });
  const wrong = [
    undefined, null, 7, 7n, true, {}, [], [65, 66], Symbol('x'), () => '', new Date(),
    { [Symbol.toStringTag]: 'ArrayBuffer' }, given,
  ];
  for (const input of wrong) {
    for (const run of [
      () => parse(input),
      () => parseNdjson(input),
      () => parseCgroup(input),
      () => parser.push(input),
      () => parser.pods(input),
    ]) {
      assert.throws(run, says('TypeError', /must be a string, an ArrayBuffer or a view of one, not/));
    }
  }
  for (const source of [undefined, null, 7, 'a log', new Uint8Array(1), {}]) {
    const all = async () => {
      for await (const _ of parseStream(source));
    };
    await assert.rejects(all, says('TypeError', /parseStream takes a stream of chunks, not/));
  }
  // A refusal harms nothing.
  assert.equal(both(parser, report()).length, 1);
});

test('bytes of any kind', () => {
  const bytes = new TextEncoder().encode(`[1.0] ${KILL}`);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const within = new Uint8Array([1, 2, ...bytes, 3]);
  const inputs = [
    bytes,
    bytes.buffer,
    shared,
    shared.buffer,
    Buffer.from(bytes),
    new DataView(within.buffer, 2, bytes.length),
    within.subarray(2, 2 + bytes.length),
  ];
  for (const input of inputs) assert.equal(parse(input)[0].victim.pid, 7);
  for (const input of ['', new Uint8Array(), new ArrayBuffer(0)]) assert.deepEqual(parse(input), []);
});

test('cgroup paths', () => {
  const uid = '9033b660-8b7b-7cdd-ce6f-3126d5a32a91';
  const id = 'ab4b6ef3d6b563436c070614d06c9912da2665acc54c7e19fc9caa4e55bbe600';
  const slice = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;
  const all = {
    driver: 'systemd',
    qos_class: 'Burstable',
    pod_uid: uid,
    container_id: id,
    runtime: 'containerd',
    level: 'container',
  };
  assert.deepEqual(parseCgroup(`${slice}/cri-containerd-${id}.scope`), all);
  assert.deepEqual(parseCgroup('/'), { level: 'root' });
  for (const path of ['', 'x', '\0', '\ud800', '/'.repeat(1 << 20)]) parseCgroup(path);
});

test('names of pods', () => {
  const uid = '3962896b-ab69-4572-8f1d-ee756f9f3589';
  const parser = new Parser({ labels: ['app'] });
  assert.deepEqual(both(parser, report())[0].pod, { uid, qos_class: 'Burstable' });
  const pod = {
    kind: 'Pod',
    metadata: { uid, name: 'web-0', namespace: 'default', labels: { app: 'web', tier: 'x' } },
  };
  assert.deepEqual(parser.pods(JSON.stringify({ kind: 'List', items: [pod] })), {
    format: 'json',
    records: 1,
    skipped: 0,
  });
  const named = both(parser, report(8))[0];
  assert.equal(named.pod.name, 'web-0');
  assert.deepEqual(named.pod.labels, { app: 'web' });
  const csv = `uid,namespace,name\n${uid},default,web-1\nnonsense,a,b\n`;
  const loaded = parser.pods(new TextEncoder().encode(csv));
  assert.deepEqual([loaded.format, loaded.records, loaded.skipped], ['csv', 1, 1]);
  assert.match(loaded.problem, /line 3/);
  assert.throws(() => parser.pods('apiVersion: v1\n'), says('Error', /found YAML/));
  assert.throws(
    () => parser.pods(new Uint8Array(2 ** 29 + 1)),
    says('RangeError', /may have 536870912 bytes/),
  );
});

test('a parser can be flushed, finished, used anew and freed', () => {
  const parser = new Parser();
  // Without its cgroup a kill waits for one line more.
  assert.deepEqual(parser.push(`[1.0] ${KILL}`), []);
  assert.equal(parser.flush().length, 1);
  assert.deepEqual(parser.flush(), []);
  assert.deepEqual(parser.push(`[2.0] ${KILL.trimEnd().replace('7', '8')}`), []);
  assert.equal(parser.finish().length, 1);
  assert.deepEqual(parser.finish(), []);
  assert.equal(both(parser, report(9)).length, 1);
  parser.free();
  parser.free();
  for (const method of ['push', 'flush', 'finish', 'pods']) {
    assert.throws(() => parser[method](''), says('Error', /this parser was freed/));
  }
  if (Symbol.dispose) {
    const other = new Parser();
    other[Symbol.dispose]();
    assert.throws(() => other.finish(), /freed/);
  }
});

test('numbers past 2^53 are rounded, and exact in NDJSON', () => {
  const log = `[1.0] Killed process 7 (java) total-vm:${2 ** 43 - 1}kB, anon-rss:4kB\n`;
  assert.equal(parse(log)[0].victim.total_vm_bytes, (2 ** 43 - 1) * 1024);
  assert.ok(Number.isSafeInteger(parse(log)[0].victim.total_vm_bytes));
  const large = '9007199254740993123';
  const stats = `[1.0] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n[1.0] Memory cgroup stats for /k:\n[1.0] anon 1\n[1.0] pgfault ${large}\n[1.1] ${KILL}`;
  const [event] = parse(stats);
  assert.equal(event.memcg_stats[0].values.pgfault, Number(large));
  assert.notEqual(BigInt(event.memcg_stats[0].values.pgfault), BigInt(large));
  assert.ok(parseNdjson(stats).includes(`"pgfault":${large}`));
});

test('names that an attacker chose are only data', () => {
  const stats = `[1.0] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n[1.0] Memory cgroup stats for /__proto__:\n[1.0] __proto__ 1\n[1.0] constructor 2\n[1.1] Killed process 7 (__proto__) total-vm:8kB\n`;
  const [event] = parse(stats);
  assert.equal(event.victim.comm, '__proto__');
  assert.equal(Object.getPrototypeOf(event.memcg_stats?.[0]?.values ?? {}), Object.prototype);
  assert.equal({}.polluted, undefined);
  assert.equal(typeof {}.constructor, 'function');
});

test('init may be called at any time', async () => {
  await init();
  await oomparse.init();
  await init(new URL('../wasm/oomparse_bg.wasm', import.meta.url));
});

/** Runs code in a Node of its own. */
function node(code, flags = []) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '-e', code],
    { cwd: new URL('..', import.meta.url), encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test('init from bytes, a module, a path and a file URL', () => {
  const sources = [
    "readFileSync('wasm/oomparse_bg.wasm')",
    "new WebAssembly.Module(readFileSync('wasm/oomparse_bg.wasm'))",
    "'wasm/oomparse_bg.wasm'",
    "pathToFileURL('wasm/oomparse_bg.wasm')",
    "Promise.resolve(new Response(readFileSync('wasm/oomparse_bg.wasm'), { headers: { 'content-type': 'application/wasm' } }))",
    'undefined',
  ];
  for (const source of sources) {
    const code = `
      import { readFileSync } from 'node:fs';
      import { pathToFileURL } from 'node:url';
      import { init, parse } from './node.js';
      await init(${source});
      console.log(parse(${JSON.stringify(`[1.0] ${KILL}`)})[0].victim.pid);`;
    assert.equal(node(code), '7', source);
  }
});

test('the browser entry before init, after a failed one and after a good one', () => {
  const code = `
    import { readFileSync } from 'node:fs';
    import { init, parse } from './browser.js';
    const message = async (run) => { try { await run(); return 'nothing'; } catch (e) { return e.message; } };
    console.log(await message(() => parse('')));
    console.log(await message(() => init(new Uint8Array(8))));
    console.log(await message(() => init(new Response('no', { status: 404 }))));
    await Promise.all([1, 2].map(() => init(readFileSync('wasm/oomparse_bg.wasm'))));
    console.log(parse('').length);`;
  const [before, notModule, missing, after] = node(code).split('\n');
  assert.match(before, /not loaded yet; `await init\(\)` first/);
  assert.match(notModule, /its WebAssembly module cannot be loaded: /);
  assert.match(missing, /cannot be loaded: .*404/);
  assert.equal(after, '0');
});

test('want of memory is an Error, not a trap', () => {
  const code = `
    import { Parser, parse } from './node.js';
    const parser = new Parser();
    for (const run of [() => parser.pods(new Uint8Array(64 << 20)), () => parse('x'), () => parser.free()]) {
      try { run(); console.log('nothing'); } catch (e) { console.log(e.constructor.name, e.message); }
    }`;
  const lines = node(code, ['--wasm-max-mem-pages=400']).split('\n');
  assert.equal(lines.length, 3);
  for (const line of lines) assert.match(line, /^Error oomparse: the WebAssembly module has stopped/);
});

test('require loads it where Node lets modules be required', () => {
  if (!process.features.require_module) {
    // Import is the way there; nothing else to prove.
    return;
  }
  const require = createRequire(import.meta.url);
  assert.equal(require('../node.js').parse(`[1.0] ${KILL}`).length, 1);
});

test('the package has the version of the workspace, and only what it names', () => {
  const json = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));
  const cargo = readFileSync(new URL('Cargo.toml', root), 'utf8');
  assert.equal(json.version, /^version = "(.+)"$/m.exec(cargo)[1]);
  const names = ['OomTransformStream', 'Parser', 'default', 'init', 'parse', 'parseCgroup', 'parseNdjson', 'parseStream'];
  assert.deepEqual(Object.keys(oomparse).sort(), names);
});
