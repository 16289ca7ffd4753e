// `npm run pictures`: the pictures of the README, of the page that is built.

import { fileURLToPath } from 'node:url';
import { serve } from './serve.mjs';
import { launch, open, read } from './test/support/browser.js';
import { kill, logOf, uidOf } from './test/support/logs.js';

const VIEWPORT = { width: 1280, height: 860 };
const path = (name) => fileURLToPath(new URL(`../../docs/page/${name}.png`, import.meta.url));
const { server, url } = await serve();
const browser = await launch();

/** Once charts are drawn and nothing has the pointer or the focus. */
async function take(page, name) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement?.blur());
  await page.waitForFunction(() => [...document.querySelectorAll('svg.chart')].every((chart) => chart.childElementCount > 0));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.screenshot({ path: path(name), animations: 'disabled' });
}

/** A day of a node: a leak in even steps, two bursts, and some that die now and then; the same each time. */
function day() {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const many = (n, pod, comm, anon, at) => Array.from({ length: n }, (_, turn) => ({ at: at(turn), pod, comm, anon }));
  const kills = [
    many(9, 0, 'java', 118_000, (turn) => 3000 + turn * 3550 + random() * 200),
    many(46, 1, 'worker', 64_000, () => 14_000 + random() * random() * 6000),
    many(22, 2, 'node', 90_000, () => 2000 + random() * 33_000),
    many(12, 3, 'gunicorn', 70_000, () => 25_000 + random() * 3000),
    ...[4, 5, 6].map((pod) => many(2, pod, 'exporter', 40_000, () => random() * 34_000)),
  ].flat();
  kills.sort((one, other) => one.at - other.at);
  const log = kills.map(({ at, pod, comm, anon }, n) => kill(Math.round(at), pod, { comm, anon, pid: 4000 + n * 37 }));
  return Buffer.from(log.join(''));
}

const NAMES = ['shop/cart-6d5f7', 'batch/import-1', 'shop/web-7f9c4-x2x', 'ml/score-0', ...['a', 'b', 'c'].map((end) => `monitoring/exporter-${end}`)];
const items = NAMES.map((whole, pod) => {
  const [namespace, name] = whole.split('/');
  return { kind: 'Pod', metadata: { namespace, name, uid: uidOf(pod) } };
});

const { page } = await open(browser, url, { viewport: VIEWPORT });
await read(page, [{ name: 'kern.log', mimeType: 'text/plain', buffer: day() }]);
await page.setInputFiles('#names', [{ name: 'pods.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ kind: 'List', items })) }]);
await page.click('.notice button');
await page.waitForFunction(() => document.querySelector('.sentence')?.textContent.includes('/'));
await take(page, 'overview');

await page.reload();
await page.click('.drop:not([disabled]) ~ .row button:has-text("Show an example")');
await page.waitForSelector('.sentence');
await take(page, 'kill');

const dark = await open(browser, url, { viewport: VIEWPORT, colorScheme: 'dark' });
await read(dark.page, [logOf('481')]);
await dark.page.evaluate(() => document.querySelector('.cards').scrollIntoView());
await take(dark.page, 'machine');
await dark.page.evaluate(() => document.querySelector('.treemap').scrollIntoView({ block: 'center' }));
await take(dark.page, 'processes');

await browser.close();
server.close();
