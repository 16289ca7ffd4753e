// Logs for the tests: of the corpus, and made-up large ones.

import { createWriteStream } from 'node:fs';
import { readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const cases = new URL('../../../../corpus/cases/', import.meta.url);

/** The path of the corpus's log whose case begins so. */
export function logOf(begin) {
  const name = readdirSync(cases).find((one) => one.startsWith(begin));
  if (!name) throw new Error(`no case ${begin}`);
  return fileURLToPath(new URL(`${name}/input.log`, cases));
}

/** What the program writes for all cases of the corpus. */
export const snapshots = () =>
  readdirSync(cases).flatMap((name) => {
    const text = readFileSync(new URL(`${name}/snapshot.json`, cases), 'utf8');
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  });

/** The files of a node's day, with many voices. */
export const DAY = ['journal.ndjson', 'events.json', 'pods.json'].map((name) =>
  fileURLToPath(new URL(`../../../../corpus/days/node-7/${name}`, import.meta.url)),
);

const hex = (n, length) => (n * 2654435761).toString(16).padStart(length, '0').slice(0, length);

/** The uid of a pod of `kill`. */
export const uidOf = (pod) => `${hex(pod + 1, 8)}-1111-4222-8333-${hex(pod + 7, 8)}0000`;

/** One kill in a pod, at so many seconds after boot. */
export function kill(at, pod, { comm = 'java', pid = 4000 + (at % 9000), anon = 100_000 } = {}) {
  const uid = uidOf(pod);
  const id = hex(pod + 3, 8).repeat(8);
  const path = `/kubepods/burstable/pod${uid}/${id}`;
  const time = `[${at.toFixed(6).padStart(13)}]`;
  return [
    `${time} ${comm} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936`,
    `${time} memory: usage 131072kB, limit 131072kB, failcnt 12`,
    `${time} Tasks state (memory values in pages):`,
    `${time} [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name`,
    `${time} [${String(pid).padStart(7)}]  1000 ${String(pid).padStart(5)}   904210    ${anon / 4}  1187840        0           936 ${comm}`,
    `${time} oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${id},mems_allowed=0,oom_memcg=${path},task_memcg=${path},task=${comm},pid=${pid},uid=1000`,
    `${time} Memory cgroup out of memory: Killed process ${pid} (${comm}) total-vm:3616840kB, anon-rss:${anon}kB, file-rss:512kB, shmem-rss:0kB, UID:1000 pgtables:1160kB oom_score_adj:936`,
    '',
  ].join('\n');
}

/** A storm: so many kills in forty pods, of which most leave one line. */
export function storm(kills) {
  const lines = [];
  for (let n = 0; n < kills; n++) {
    const at = 100 + n / 50;
    if (n % 50 < 10) lines.push(kill(at, n % 40, { pid: 1000 + n, comm: `worker-${n % 7}` }));
    else {
      const time = `[${at.toFixed(6).padStart(13)}]`;
      lines.push(
        `${time} Memory cgroup out of memory: Killed process ${1000 + n} (worker-${n % 7}) total-vm:8kB, anon-rss:4096kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:40kB oom_score_adj:1000\n`,
      );
    }
  }
  return lines.join('');
}

/** Kills of one container whose memory grows: a leak. */
export const leak = () => [0, 3600, 7100, 10_800].map((at, n) => kill(1000 + at, 5, { anon: 100_000 + n * 4000 })).join('');

/** A log as the page takes it. */
export const file = (name, content) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });

/** Ordinary lines of so many bytes. */
export function filler(bytes) {
  let text = '';
  for (let n = 0; text.length < Math.min(bytes, 1 << 20); n++) {
    text += `Jan  5 02:${String(n % 60).padStart(2, '0')}:02 node-7 nginx[812]: 10.0.${n % 255}.7 GET /api/v1/items/${n} 200 ${hex(n, 8)}\n`;
  }
  return text;
}

/** Writes a log of so many bytes, with a kill at its beginning and its end. */
export async function write(path, bytes) {
  const out = createWriteStream(path);
  const piece = filler(1 << 20);
  out.write(kill(100, 1));
  for (let written = 0; written < bytes; written += piece.length) {
    if (!out.write(piece)) await once(out, 'drain');
  }
  out.end(kill(200, 2, { comm: 'last' }));
  await once(out, 'close');
}
