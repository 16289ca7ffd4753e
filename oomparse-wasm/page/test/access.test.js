// The keyboard alone, a screen reader, a phone, two languages, paper and the dark.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve } from '../serve.mjs';
import { launch, open, read } from './support/browser.js';
import { DAY, file, leak, logOf, storm } from './support/logs.js';

const LIMIT = { timeout: 120_000 };
const PHONE = { viewport: { width: 375, height: 700 }, hasTouch: true, isMobile: true };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser;
let served;

before(async () => {
  served = await serve();
  browser = await launch();
}, LIMIT);

after(async () => {
  await browser?.close();
  served?.server.close();
});

/** What axe finds; its own script is let in past the policy. */
async function faults(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => JSON.stringify(violations))',
    awaitPromise: true,
    returnByValue: true,
  });
  return JSON.parse(result.value)
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)} (${nodes.length}) ${nodes[0].failureSummary.slice(0, 200)}`);
}

for (const scheme of ['light', 'dark']) {
  test(`axe finds nothing serious, ${scheme}`, LIMIT, async () => {
    const { context, page } = await open(browser, served.url, { colorScheme: scheme });
    assert.deepEqual(await faults(page), [], 'before a log is there');
    for (const begin of ['473', '481', '477', '011']) {
      await read(page, [logOf(begin)]);
      assert.deepEqual(await faults(page), [], begin);
    }
    await page.click('header button:has-text("Share")');
    assert.deepEqual(await faults(page), [], 'the dialogue');
    await page.click('dialog form button');
    for (const [what, files, shown] of [
      ['voices of others', DAY, '.incident li'],
      ['a comparison', [file('leak.log', leak())], '.compare p'],
      ['a storm', [file('storm.log', storm(300))], '.timeline rect'],
    ]) {
      await read(page, files);
      await page.waitForSelector(shown);
      await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
      assert.deepEqual(await faults(page), [], what);
    }
    await context.close();
  });
}

test('the keyboard alone', LIMIT, async () => {
  const { context, page } = await open(browser, served.url);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.focus('button:has-text("Show an example")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.sentence');
  await read(page, [file('storm.log', storm(60))]);
  await page.focus('.search input');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'listbox');
  const before = await page.textContent('.sentence');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction((old) => document.querySelector('.sentence')?.textContent !== old, before);
  const active = await page.getAttribute('.virtual ul', 'aria-activedescendant');
  assert.equal(await page.getAttribute(`#${active}`, 'aria-selected'), 'true');
  // From the list the next stops are in the kill itself, once it is drawn, and each shows where it is.
  const stops = '.detail :is(button, a, summary, input, [tabindex="0"])';
  await page.waitForFunction((all) => [...document.querySelectorAll(all)].some((one) => one.checkVisibility()), stops);
  await page.keyboard.press('Tab');
  const stop = await page.evaluate(() => {
    const { outlineStyle } = getComputedStyle(document.activeElement);
    return { within: document.activeElement.closest('.detail') !== null, outlineStyle };
  });
  assert.deepEqual(stop, { within: true, outlineStyle: 'solid' });
  await context.close();
});

test('a phone', LIMIT, async () => {
  const { context, page } = await open(browser, served.url, PHONE);
  for (const begin of ['481', '473']) {
    await read(page, [logOf(begin)]);
    await page.tap('.virtual li');
    await page.waitForSelector('.split.open .sentence');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${begin}: ${wide} pixels too wide`);
    await page.tap('.back');
  }
  await context.close();
});

test('Chinese, by the browser and by hand', LIMIT, async () => {
  const { context, page } = await open(browser, served.url, { locale: 'zh-CN' });
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
  await read(page, [logOf('473')]);
  assert.match(await page.textContent('.sentence'), /被杀死，当时常驻内存/);
  const left = await page.$$eval('.card h3, .counters th, .figures th', (all) =>
    all.map((one) => one.textContent).filter((text) => /[a-z]{4,}/.test(text) && !/oom_|gfp|order|fail|slab|swap|node|kmem/.test(text)),
  );
  assert.deepEqual(left, []);
  await page.selectOption('.settings select >> nth=0', 'en');
  await page.waitForFunction(() => document.querySelector('.sentence').textContent.includes('was killed'));
  await context.close();
});

const looks = (name) => fileURLToPath(new URL(`looks/${name}.png`, import.meta.url));

/** How far two pictures are apart, of 255, seen from so far that letters do not matter; and how their heights differ. */
const apart = (page, one, other) =>
  page.evaluate(
    async ([one, other]) => {
      const WIDTH = 64;
      const pixels = async (data) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const canvas = document.createElement('canvas');
        canvas.width = WIDTH;
        canvas.height = Math.round((WIDTH * image.height) / image.width);
        const context = canvas.getContext('2d', { willReadFrequently: true });
        context.imageSmoothingQuality = 'high';
        context.drawImage(image, 0, 0, canvas.width, canvas.height);
        return { height: canvas.height, data: context.getImageData(0, 0, canvas.width, canvas.height).data };
      };
      const [a, b] = [await pixels(one), await pixels(other)];
      const length = Math.min(a.data.length, b.data.length);
      let sum = 0;
      for (let at = 0; at < length; at++) sum += Math.abs(a.data[at] - b.data[at]);
      return { colour: sum / length, height: Math.abs(a.height - b.height) / a.height };
    },
    [one.toString('base64'), other.toString('base64')],
  );

const LOOKS = [
  ['kill-light', [logOf('473')], {}],
  ['kill-dark', [logOf('473')], { colorScheme: 'dark' }],
  ['machine-dark', [logOf('481')], { colorScheme: 'dark' }],
  ['kill-print', [logOf('473')], { media: 'print' }],
  ['kill-phone', [logOf('473')], { ...PHONE, tap: true }],
  ['overview-light', [file('storm.log', storm(300))], {}],
  ['incident-light', DAY, {}],
];

for (const [name, files, { media, tap, ...options }] of LOOKS) {
  test(`it looks as it did: ${name}`, LIMIT, async () => {
    // Half as large does for the eye, and takes a fifth of the bytes.
    const { context, page } = await open(browser, served.url, { deviceScaleFactor: 0.5, ...options });
    await read(page, files);
    if (tap) await page.tap('.virtual li');
    if (name.startsWith('incident')) await page.waitForSelector('.incident li');
    if (media) await page.emulateMedia({ media });
    const isDrawn = () => [...document.querySelectorAll('svg.chart')].every((chart) => chart.childElementCount > 0);
    await page.waitForFunction(isDrawn);
    // What was asked for last stands on the screen a frame later.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const png = await page.screenshot({ fullPage: true, animations: 'disabled' });
    mkdirSync(new URL('looks/', import.meta.url), { recursive: true });
    if (process.env.OOMPARSE_BLESS) writeFileSync(looks(name), png);
    assert.ok(existsSync(looks(name)), `${name}: OOMPARSE_BLESS=1 npm test keeps it`);
    const { colour, height } = await apart(page, readFileSync(looks(name)), png);
    console.log(`${name}: colours ${colour.toFixed(2)} of 255 apart, height ${(height * 100).toFixed(1)} %`);
    if (colour > 6 || height > 0.05) writeFileSync(looks(`${name}-now`), png);
    assert.ok(colour <= 6 && height <= 0.05, `${name}: compare looks/${name}-now.png with looks/${name}.png`);
    await context.close();
  });
}
