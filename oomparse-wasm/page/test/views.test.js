// Every view, on logs of each kind.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve } from '../serve.mjs';
import { launch, open, read, settled, shown } from './support/browser.js';
import { DAY, file, kill, leak, logOf, storm } from './support/logs.js';

const LIMIT = { timeout: 120_000 };
let browser;
let served;
let page;
let complaints;

before(async () => {
  served = await serve();
  browser = await launch();
  ({ page, complaints } = await open(browser, served.url));
}, LIMIT);

after(async () => {
  assert.deepEqual(complaints, []);
  await browser?.close();
  served?.server.close();
});

const text = (selector) => page.textContent(selector);
const cards = () => page.$$eval('.card h3', (all) => all.map((one) => one.textContent.trim()));

/** What the program writes for the same log. */
const snapshot = (begin) => {
  const path = logOf(begin).replace('input.log', 'snapshot.json');
  return readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
};

const KINDS = [
  ['074', 'cgroup v1 with memory and swap', ['The limit', 'Where the limit', 'The killed process', 'The log']],
  ['468', 'cgroup v1, all statistics in one record', ['The limit', 'Where the limit', 'The log']],
  ['473', 'cgroup v2, shared memory', ['The limit', 'What could be done', 'Processes', 'The log']],
  ['477', 'a group', ['The limit', 'Where the limit', 'Processes', 'The log']],
  ['481', 'the machine with NUMA zones', ["The machine's memory", 'Processes', 'The allocation', 'The log']],
  ['011', 'kernel 2.6.32', ["The machine's memory", 'The killed process', 'The log']],
  ['120', 'nobody killed', ['The log']],
];

for (const [begin, what, wanted] of KINDS) {
  test(`${what} (${begin})`, LIMIT, async () => {
    await read(page, [logOf(begin)]);
    const events = snapshot(begin);
    const rows = await page.$$eval('.virtual li', (all) => all.length);
    assert.equal(rows, Math.min(events.length, rows));
    assert.ok(rows >= 1);
    const shown = await cards();
    for (const part of wanted) {
      assert.ok(shown.some((title) => title.includes(part)), `${part} of ${shown}`);
    }
    const said = await text('.sentence');
    const [{ victim }] = events;
    if (victim) assert.ok(said.includes(`${victim.comm} (pid ${victim.pid})`), said);
    assert.ok((await page.$$('.lines li.ours')).length > 0, 'no line is marked');
    // Each figure shows its line.
    const without = await page.$$eval('.figure:not(.from)', (all) => all.map((one) => one.textContent));
    assert.deepEqual(without, []);
  });
}

test('a figure points at the line that it was read from', LIMIT, async () => {
  await read(page, [logOf('473')]);
  const limit = page.locator('.counters tbody tr').first().locator('td').nth(1).locator('button');
  await limit.focus();
  const lit = await page.$$eval('.lines li.lit code', (all) => all.map((one) => one.textContent));
  assert.equal(lit.length, 1);
  assert.match(lit[0], /memory: usage \d+kB, limit \d+kB/);
  assert.match(await limit.getAttribute('title'), /memory: usage/);
  const anon = page.locator('.parts tbody button.figure').first();
  await anon.focus();
  const stat = await page.$$eval('.lines li.lit code', (all) => all.map((one) => one.textContent));
  assert.equal(stat.length, 1);
  assert.match(stat[0], /\banon \d+/);
});

test('the figures of sentences point at their lines, too', LIMIT, async () => {
  await read(page, [logOf('473')]);
  const lit = async (selector) => {
    await page.locator(selector).first().focus();
    return page.$$eval('.lines li.lit .evidence', (all) => [...new Set(all.map((one) => one.textContent))]);
  };
  assert.deepEqual(await lit('.sentence .figure:has-text("16.3 MiB")'), ['killed']);
  assert.deepEqual(await lit('.sentence .figure:has-text("16.0 MiB")'), ['memcg_usage']);
  assert.deepEqual(await lit('.advice .figure:has-text("15.9 MiB")'), ['memcg_stats']);
  assert.deepEqual(await lit('.hit-note .figure'), ['memcg_usage']);
  // What the advice adds up is found, too.
  await read(page, [file('one.log', kill(5, 1, { anon: 131_000 }))]);
  assert.deepEqual(await lit('.advice p .figure'), ['killed']);
});

test('every figure of the machine is there, with its term and its line', LIMIT, async () => {
  await read(page, [logOf('481')]);
  await page.click('.statistics summary');
  const all = await page.$$eval('.statistics dl > div', (rows) =>
    rows.map((row) => [row.querySelector('dt').textContent, row.querySelector('dd .figure').textContent, Boolean(row.querySelector('.term'))]),
  );
  assert.ok(all.length > 24, `${all.length}`);
  assert.deepEqual(all.filter(([, , isExplained]) => !isExplained), []);
  assert.deepEqual(all.find(([key]) => key === 'inactive_anon').slice(1), ['37,618', true]);
  assert.deepEqual(all.find(([key]) => key === 'free_pcp').slice(1), ['12', true]);
  assert.match(await text('.card:has(.zones) p'), /65,406 pages = 255\.5 MiB, 98 % in use \(a page is 4\.0 KiB/);
  await page.locator('.statistics dd .figure').first().focus();
  assert.match(await text('.lines li.lit'), /active_anon:802/);
});

test('each zone says why it gave nothing', LIMIT, async () => {
  await read(page, [logOf('481')]);
  assert.match(await text('.zones > p'), /one page from DMA32 or a zone below it/);
  const why = await page.$$eval('.zone .why', (all) => all.map((one) => one.textContent));
  assert.deepEqual(why, [
    'Could not give it: 588.0 KiB above min are kept for those who can use no higher zone.',
    'Could not give it: ordinary allocations do not go below min.',
  ]);
  await page.hover('.zone >> nth=1');
  assert.match(await text('.lines li.lit'), /Node 0 DMA32 free:3652kB/);
});

test('zones stand against their watermarks, free blocks by their size', LIMIT, async () => {
  await read(page, [logOf('481')]);
  await page.waitForSelector('.free-list rect');
  const zones = await page.$$eval('.zone', (all) => all.map((one) => one.textContent));
  assert.equal(zones.length, 2);
  assert.match(zones[1], /node 0 DMA32.*below min/);
  assert.ok((await page.$$('.free-list rect')).length > 10);
});

test('the table of processes sorts, and says who was next', LIMIT, async () => {
  await read(page, [logOf('481')]);
  // What is asked of the worker, and what a click changes, is there a moment later.
  const first = (name) => page.waitForSelector(`.tasks tbody tr:first-child th:has-text("${name}")`);
  await first('grower');
  await page.click('.tasks thead button:has-text("oom_score_adj")');
  await first('be-victim');
  assert.match(await text('.key'), /next in line: grower/);
  assert.match(await text('.tasks tr:has-text("grower") th'), /asked/);
  await page.hover('.tasks tr:has-text("klogd") td:last-child');
  assert.match(await text('.lines li.lit'), /klogd/);
});

test('terms are explained', LIMIT, async () => {
  await page.focus('.term button:has-text("gfp_mask")');
  assert.match(await text('[role=tooltip]'), /What the allocation may do/);
  await page.keyboard.press('Escape');
  assert.equal(await page.$('[role=tooltip]'), null);
});

test('a bare mask of an old kernel has names', LIMIT, async () => {
  await read(page, [logOf('011')]);
  // The kill of the log before is drawn until this one is.
  await page.waitForSelector('.flags dt:has-text("__GFP_COLD")');
  const flags = await page.$$eval('.flags dt', (all) => all.map((one) => one.textContent));
  assert.deepEqual(flags, ['GFP_HIGHUSER_MOVABLE', '__GFP_COLD']);
  assert.match(await text('.gfp'), /bits as Linux up to 4\.3 has them; this kernel is 2\.6\.32-28-server/);
});

test('a day of a node: who spoke, and what Kubernetes never knew', LIMIT, async () => {
  const day = (name) => fileURLToPath(new URL(`../../../corpus/days/node-7/${name}`, import.meta.url));
  const truth = JSON.parse(readFileSync(day('truth.json'), 'utf8'));
  await read(page, DAY);
  const voices = await page.$$eval('.voices button', (all) => all.map((one) => one.textContent.replace(/ [\d,]+$/, '')));
  for (const voice of ['kernel', 'containerd', 'kubernetes-status']) assert.ok(voices.includes(voice), `${voice} of ${voices}`);
  // Of a group each process is a kill.
  const deaths = truth.reduce((sum, { victims }) => sum + Math.max(victims.length, 1), 0);
  assert.match(await text('.summary h2'), new RegExp(`^${deaths} kills`));
  const silent = truth.filter(({ kubernetes }) => kubernetes === 'silent').length;
  assert.match(await text('.facts'), new RegExp(`Kubernetes never reported ${silent}`));
  // The list has each death once; a voice's own events are a click away.
  assert.match(await text('.search'), new RegExp(`${deaths}$`));
  await page.waitForSelector('.incident li');
  const says = await page.$$eval('.incident .says button', (all) => all.map((one) => one.textContent));
  assert.ok(says.includes('kernel') && says.length > 1, String(says));
  // The list follows with the next frame; until then Home is the first of the list before.
  const only = async (voice) => {
    await page.click(`.voices button:has-text("${voice}") >> nth=0`);
    await page.waitForSelector('.voices button.on');
  };
  const all = async () => {
    await page.click('.voices button.on');
    await page.waitForSelector('.voices button.on', { state: 'detached' });
  };
  const first = async () => {
    await page.focus('.virtual ul');
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    await page.waitForSelector('.virtual li[aria-posinset="1"][aria-selected="true"]');
    await shown(page);
  };
  await only('containerd');
  await first();
  await page.waitForSelector('.told');
  assert.match(await text('.sentence'), /^containerd reports an OOM kill/);
  await all();
  // Whoever speaks, each figure shows its line.
  for (const voice of voices) {
    await only(voice);
    await first();
    await page.waitForFunction(
      (voice) => (voice === 'kernel') === !document.querySelector('.told') && document.querySelector('.lines li.ours'),
      voice,
    );
    const without = await page.$$eval('.figure:not(.from)', (all) => all.map((one) => one.textContent));
    assert.deepEqual(without, [], voice);
    const figure = page.locator('.figures .figure').first();
    await figure.focus();
    const lit = await page.$$eval('.lines li.lit code', (all) => all.map((one) => one.textContent));
    assert.ok(lit.length > 0, `${voice}: no line is lit`);
    await all();
  }
});

test('ten thousand kills: overview, filter, and a list that stays small', LIMIT, async () => {
  await read(page, [file('storm.log', storm(10_000))]);
  assert.match(await text('.summary h2'), /^10,000 kills in 40 pods$/);
  assert.match(await text('.facts'), /storm: up to \d+ kills in 5 s/);
  assert.ok((await page.$$('.virtual li')).length < 60);
  assert.ok((await page.$$('.timeline rect')).length > 20);
  await page.click('.tabs label:has-text("Processes")');
  await page.click('.groups li button:has-text("worker-3")');
  assert.match(await text('.filter'), /^1,42[89] of 10,000 shown/);
  await page.click('.filter button');
  await page.focus('.virtual ul');
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.querySelector('.sentence')?.textContent.includes('(pid 10999)'));
  // Scrolling through all of them drops no frame for long.
  const worst = await page.evaluate(async () => {
    const list = document.querySelector('.virtual');
    let last = performance.now();
    let worst = 0;
    for (let at = 0; at < 60; at++) {
      list.scrollTop = (list.scrollHeight / 60) * at;
      await new Promise(requestAnimationFrame);
      worst = Math.max(worst, performance.now() - last);
      last = performance.now();
    }
    return worst;
  });
  console.log(`scrolling through 10,000 kills: longest frame ${worst.toFixed(0)} ms`);
  assert.ok(worst < 1000, `${worst} ms`);
});

test('a range of time leaves what is in it', LIMIT, async () => {
  await page.locator('.timeline svg').scrollIntoViewIfNeeded();
  const box = await page.locator('.timeline svg').boundingBox();
  await page.mouse.move(box.x + 60, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + 60, { steps: 4 });
  await page.mouse.up();
  const filtered = await text('.filter');
  const n = Number(/^([\d,]+) of/.exec(filtered)[1].replace(',', ''));
  assert.ok(n > 3000 && n < 6500, filtered);
  await page.click('.range button');
  await page.waitForSelector('.filter', { state: 'detached' });
});

test('kills of one container are compared, and their course is told', LIMIT, async () => {
  await read(page, [file('leak.log', leak())]);
  // Asked of the worker once the view stands.
  await page.waitForSelector('.compare p');
  assert.match(await text('.compare'), /fits a leak/);
  await page.selectOption('.compare select', { index: 1 });
  await page.waitForSelector('.compared');
  const row = await text('.compared tbody tr:has-text("anonymous memory")');
  assert.match(row, /−3\.9 MiB|−7\.8 MiB|\+3\.9 MiB|−4\.0 MiB/, row);
});

test('names come from a listing beside the log', LIMIT, async () => {
  await read(page, [logOf('473')]);
  const uid = snapshot('473')[0].pod.uid;
  const listing = { items: [{ kind: 'Pod', metadata: { namespace: 'shop', name: 'web-0', uid } }], kind: 'List', apiVersion: 'v1' };
  await page.setInputFiles('#names', [file('pods.json', JSON.stringify(listing))]);
  await page.waitForFunction(() => document.querySelector('.sentence').textContent.includes('shop/web-0'));
  assert.match(await text('.virtual li'), /shop\/web-0/);
});

test('pasted text, and a log without kills', LIMIT, async () => {
  await read(page, [file('quiet.log', 'nothing of the kind\n')]);
  assert.match(await text('.nothing h2'), /No OOM kill found/);
  await page.fill('#text', kill(7, 1, { comm: 'pasted' }));
  await page.click('button.primary:has-text("Read")');
  await settled(page);
  assert.match(await text('.sentence'), /^pasted \(pid/);
});
