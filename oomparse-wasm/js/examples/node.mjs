// Kills in a log, one line each:  node node.mjs /var/log/kern.log      dmesg | node node.mjs

import { createReadStream } from 'node:fs';
import { parseStream } from '../node.js';

const [file = '-'] = process.argv.slice(2);
const log = file === '-' ? process.stdin : createReadStream(file);

let kills = 0;
for await (const event of parseStream(log)) {
  if (event.type !== 'kill') continue;
  kills += 1;
  const { pid, comm = '?' } = event.victim;
  const pod = event.pod?.uid ? `pod ${event.pod.uid}` : 'no pod';
  const limit = event.memory?.limit_bytes;
  const at = limit === undefined ? '' : `, at the limit of ${(limit / 2 ** 20).toFixed(0)} MiB`;
  console.log(`${event.time ?? '-'} ${comm} (${pid}), ${pod}${at}`);
}
console.log(`${kills} killed`);
