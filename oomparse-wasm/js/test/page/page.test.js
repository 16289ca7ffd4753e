import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serve } from '../../examples/serve.js';
import { browse } from '../support/browser.js';
import { cases, eventsOf, root } from '../support/corpus.js';

const LIMIT = { timeout: 60_000 };
let page;
let server;

before(async () => {
  let url;
  ({ server, url } = await serve());
  page = await browse(url);
  await status(/^Ready/);
}, LIMIT);

after(async () => {
  await page?.close();
  server?.close();
});

/** Waits until the page's status line says something. */
async function status(pattern) {
  let said;
  for (let tries = 0; tries < 300; tries++) {
    said = await page.value("document.getElementById('status')?.textContent ?? ''");
    if (pattern.test(said)) return said;
    await sleep(100);
  }
  throw new Error(`the page says: ${said}; ${JSON.stringify(page.complaints())}`);
}

const shown = () =>
  page.value("[...document.querySelectorAll('#events pre')].map((pre) => JSON.parse(pre.textContent))");

async function paste(text) {
  await page.value(`{
    const text = document.getElementById('text');
    text.value = ${JSON.stringify(text)};
    text.dispatchEvent(new Event('input'));
  }`);
}

const withDefaults = cases().filter(({ options }) => Object.keys(options).length === 0);

test('a pasted log', LIMIT, async () => {
  const { input, snapshot } = withDefaults.find(({ name }) => name.startsWith('005'));
  await paste(input.toString());
  await status(/^Pasted text: 1 killed/);
  assert.deepEqual(await shown(), eventsOf(snapshot));
  await paste('nothing of the kind');
  await status(/^Pasted text: 0 killed/);
  assert.deepEqual(await shown(), []);
});

test('files of the corpus', LIMIT, async () => {
  const { root: document } = await page.send('DOM.getDocument');
  const { nodeId } = await page.send('DOM.querySelector', {
    nodeId: document.nodeId,
    selector: '#file',
  });
  const some = withDefaults.filter((_, at) => at % 10 === 0);
  assert.ok(some.length > 10);
  for (const { name, snapshot } of some) {
    await paste(name);
    await status(/^Pasted/);
    const path = fileURLToPath(new URL(`corpus/cases/${name}/input.log`, root));
    await page.send('DOM.setFileInputFiles', { files: [path], nodeId });
    await status(/^input\.log: \d+ killed/);
    assert.deepEqual(await shown(), eventsOf(snapshot), name);
  }
});

test('the package itself, in the browser', LIMIT, async () => {
  const { input, snapshot } = withDefaults[0];
  const events = await page.value(`(async () => {
    const { OomTransformStream, init, parseCgroup } = await import('/browser.js');
    await init();
    const chunks = new Blob([${JSON.stringify(input.toString())}]).stream();
    const reader = chunks.pipeThrough(new OomTransformStream()).getReader();
    const events = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { events, level: parseCgroup('/').level };
      events.push(value);
    }
  })()`);
  assert.deepEqual(events, { events: eventsOf(snapshot), level: 'root' });
});

test('what the log says is text, and nothing in the page complains', LIMIT, async () => {
  await paste('[1.0] Killed process 7 (<img src=x>) total-vm:8kB, anon-rss:4kB\n');
  await status(/^Pasted text: 1 killed/);
  assert.equal(await page.value("document.querySelectorAll('img').length"), 0);
  assert.equal(await page.value("document.querySelector('.who').textContent"), '<img src=x> (7)');
  assert.deepEqual(page.complaints(), []);
});

test('a picture, where one is asked for', LIMIT, async () => {
  const log = withDefaults.filter(({ name }) => /^00[1-6]/.test(name)).map(({ input }) => input);
  await paste(Buffer.concat(log).toString());
  await status(/killed/);
  const { data } = await page.send('Page.captureScreenshot', { format: 'png' });
  const png = Buffer.from(data, 'base64');
  assert.ok(png.length > 10_000);
  if (process.env.SCREENSHOT) writeFileSync(process.env.SCREENSHOT, png);
});
