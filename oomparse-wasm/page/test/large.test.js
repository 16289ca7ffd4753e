// How fast, and in how much memory.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from '../serve.mjs';
import { launch, open, read } from './support/browser.js';
import { write } from './support/logs.js';

const LIMIT = { timeout: 240_000 };
const MIB = 1 << 20;
const folder = mkdtempSync(join(tmpdir(), 'oomparse-page-'));
let browser;
let served;

before(async () => {
  served = await serve();
  browser = await launch();
}, LIMIT);

after(async () => {
  await browser?.close();
  served?.server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Resident bytes of the largest of Chromium's processes that show a page: below this one, and no other's. */
function renderer() {
  const parents = new Map();
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    try {
      parents.set(pid, /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
    } catch {
      // It has ended.
    }
  }
  const isOurs = (pid) => {
    for (let at = pid; at && at !== '0'; at = parents.get(at)) if (at === String(process.pid)) return true;
    return false;
  };
  const sizes = pids.filter(isOurs).map((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) return 0;
      return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...sizes);
}

test('the first kill of 10 MB', LIMIT, async () => {
  const log = join(folder, 'ten.log');
  await write(log, 10 * MIB);
  const { context, page } = await open(browser, served.url);
  const times = [];
  // Of a busy machine the best of more turns is its own time; three do on an idle one.
  for (let turn = 0; turn < 3 || (turn < 8 && Math.min(...times) >= 1000); turn++) {
    await page.evaluate(() => {
      document.querySelector('.sentence')?.remove();
      window.began = undefined;
      const input = document.querySelector('#file, #other');
      input.addEventListener('change', () => (window.began = performance.now()), { once: true, capture: true });
      window.first = new Promise((resolve) => {
        const watch = new MutationObserver(() => {
          if (window.began !== undefined && document.querySelector('.sentence')) {
            watch.disconnect();
            requestAnimationFrame(() => resolve(performance.now() - window.began));
          }
        });
        watch.observe(document.body, { childList: true, subtree: true, characterData: true });
      });
    });
    await read(page, [log]);
    times.push(await page.evaluate(() => window.first));
    await page.reload();
    await page.waitForSelector('.drop:not([disabled])');
  }
  const best = Math.min(...times);
  console.log(`first kill of a 10 MB log on screen: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  assert.ok(best < 1000, `${best} ms`);
  await context.close();
});

test('a gigabyte: it goes on answering, can be cancelled, and memory stays', LIMIT, async () => {
  const log = join(folder, 'large.log');
  await write(log, 1000 * MIB);
  const { context, page } = await open(browser, served.url);
  const idle = renderer();
  await page.evaluate(() => {
    window.worst = 0;
    let last = performance.now();
    const turn = () => {
      const now = performance.now();
      window.worst = Math.max(window.worst, now - last);
      last = now;
      requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, renderer());
  }, 200);
  const began = Date.now();
  await read(page, [log]);
  const seconds = (Date.now() - began) / 1000;
  clearInterval(watch);
  const worst = await page.evaluate(() => window.worst);
  assert.match(await page.textContent('.summary h2'), /^2 kills/);
  console.log(
    `1 GB in ${seconds.toFixed(1)} s (${(1000 / seconds).toFixed(0)} MB/s), longest frame ${worst.toFixed(0)} ms, ` +
      `renderer ${(most / MIB).toFixed(0)} MiB at most, ${(idle / MIB).toFixed(0)} MiB before`,
  );
  assert.ok(most < 300 * MIB, `${most / MIB} MiB`);
  assert.ok(worst < 1000, `${worst} ms`);
  await (await page.$('#other')).setInputFiles([log]);
  await page.waitForSelector('.progress button');
  await page.click('.progress button');
  await page.waitForSelector('.trouble');
  assert.match(await page.textContent('.trouble'), /cancelled/);
  await context.close();
});

test('a packed log of 100 MB', LIMIT, async () => {
  const log = join(folder, 'packed.log');
  await write(log, 100 * MIB);
  execFileSync('gzip', ['-1', log]);
  const { context, page } = await open(browser, served.url);
  const began = Date.now();
  await read(page, [`${log}.gz`]);
  const seconds = (Date.now() - began) / 1000;
  console.log(`100 MB in gzip: ${seconds.toFixed(1)} s, renderer ${(renderer() / MIB).toFixed(0)} MiB`);
  assert.match(await page.textContent('.summary h2'), /^2 kills/);
  assert.ok(renderer() < 300 * MIB);
  await context.close();
});
