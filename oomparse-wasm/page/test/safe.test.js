// Nothing leaves the page, nothing a log says becomes part of it, and it needs no network.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { serve } from '../serve.mjs';
import { launch, open, read, settled } from './support/browser.js';
import { file, kill, logOf } from './support/logs.js';
import { PACKED } from './support/packed.js';

const LIMIT = { timeout: 120_000 };
const dist = (name) => fileURLToPath(new URL(`../../../dist/${name}`, import.meta.url));
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

// As long as the kernel lets a name be.
const MARKUP = ['<img src=x>', '<script>1//', '</script><b>x', '"><svg/onload=1', '{{7*7}}${1+1}', '<!--', '&lt;b&gt;'];

test('names that are markup stay text', LIMIT, async () => {
  const { context, page, complaints } = await open(browser, served.url);
  const alerts = [];
  page.on('dialog', (dialog) => alerts.push(dialog.message()) && dialog.dismiss());
  const log = MARKUP.map((comm, n) => kill(100 + n, n, { comm: comm, pid: 10 + n })).join('');
  await read(page, [file('<img src=x>.log', log)]);
  for (const [n, comm] of MARKUP.entries()) {
    await page.click(`.virtual li >> nth=${n}`);
    await page.waitForFunction((pid) => document.querySelector('.sentence')?.textContent.includes(`(pid ${pid})`), 10 + n);
    const said = await page.textContent('.sentence');
    assert.ok(said.startsWith(comm), said);
  }
  const listing = { kind: 'PodList', items: [{ metadata: { namespace: '<b>n', name: '<img src=y onerror=alert(2)>', uid: '00000000-1111-4222-8333-000000000000' } }] };
  await page.setInputFiles('#names', [file('pods.json', JSON.stringify(listing))]);
  await page.waitForSelector('.notice');
  assert.equal(await page.locator('img, b b, .sentence svg, script:not([src])').count(), 0);
  assert.deepEqual(alerts, []);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the hostile names of the corpus', LIMIT, async () => {
  const { context, page, complaints } = await open(browser, served.url);
  for (const begin of ['441', '442', '474', '480', '412', '420']) {
    await read(page, [logOf(begin)]);
    assert.ok((await page.textContent('.sentence')).length > 40, begin);
  }
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the policy lets nothing out and nothing in', LIMIT, async () => {
  const { context, page, requests } = await open(browser, served.url);
  await read(page, [logOf('473')]);
  const outside = requests.filter((url) => !url.startsWith(served.url) && !url.startsWith('blob:') && !url.startsWith('data:'));
  assert.deepEqual(outside, []);
  const tried = await page.evaluate(async () => {
    const violations = [];
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
    const fetched = await fetch('https://example.com/').then(() => 'out', () => 'kept in');
    const image = new Image();
    image.src = 'https://example.com/x.png';
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.head.append(script);
    const holder = document.createElement('div');
    holder.innerHTML = '<p style="color:red" onclick="window.ran = true">x</p>';
    document.body.append(holder);
    holder.firstChild.click();
    holder.remove();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { fetched, ran: window.ran ?? false, violations: [...new Set(violations)].sort() };
  });
  assert.equal(tried.fetched, 'kept in');
  assert.equal(tried.ran, false);
  for (const directive of ['connect-src', 'img-src', 'script-src-elem', 'script-src-attr']) {
    assert.ok(tried.violations.includes(directive), `${directive} of ${tried.violations}`);
  }
  await context.close();
});

test('served once, it works without the network', LIMIT, async () => {
  const { context, page } = await open(browser, served.url);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.waitForFunction(async () => (await caches.keys()).length > 0 && (await (await caches.open((await caches.keys())[0])).keys()).length >= 5);
  await context.setOffline(true);
  await page.reload();
  await page.waitForSelector('.drop:not([disabled])');
  await read(page, [logOf('473')]);
  assert.match(await page.textContent('.sentence'), /was killed/);
  await context.close();
});

test('from a folder and from one file, without a server', LIMIT, async () => {
  for (const name of ['page/index.html', 'oomparse.html']) {
    const { context, page, complaints, requests } = await open(browser, pathToFileURL(dist(name)).href);
    await read(page, [logOf('473')]);
    assert.match(await page.textContent('.sentence'), /was killed/, name);
    assert.deepEqual(complaints, [], name);
    assert.deepEqual(requests.filter((url) => url.startsWith('http')), [], name);
    await context.close();
  }
});

test('a page that was shared shows the same kills, and can be shared again', LIMIT, async () => {
  const { context, page } = await open(browser, served.url);
  await read(page, [logOf('477')]);
  const share = async (from, anonymous) => {
    await from.click('header button:has-text("Share")');
    await from.click('dialog label:has-text("all that are listed")');
    if (anonymous) await from.check('dialog .switch input');
    const [download] = await Promise.all([from.waitForEvent('download'), from.click('dialog button:has-text("HTML")')]);
    const path = join(folder, `${Math.random()}.html`);
    await download.saveAs(path);
    await from.click('dialog form button');
    return path;
  };
  const sentence = await page.textContent('.sentence');
  const first = await share(page, false);
  const second = await open(browser, pathToFileURL(first).href);
  await settled(second.page);
  assert.equal(await second.page.textContent('.sentence'), sentence);
  assert.equal(await second.page.$$eval('.virtual li', (all) => all.length), 2);
  assert.ok((await second.page.$$('.lines li.ours')).length > 10);
  const third = await share(second.page, true);
  const shown = readFileSync(third, 'utf8');
  for (const secret of ['4d95697a', 'f7e6613df741', 'sidecar']) assert.ok(!shown.includes(secret), secret);
  assert.deepEqual(second.complaints, []);
  await second.context.close();
  await context.close();
});

test('NDJSON, markdown and a picture leave when asked for', LIMIT, async () => {
  const { context, page, complaints } = await open(browser, served.url);
  await read(page, [logOf('473')]);
  await page.click('header button:has-text("Share")');
  const get = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(`dialog button:text-is("${name}")`)]);
    const path = join(folder, download.suggestedFilename());
    await download.saveAs(path);
    return readFileSync(path);
  };
  const event = JSON.parse((await get('NDJSON')).toString());
  assert.equal(event.schema, 'oomparse.event/1');
  assert.match((await get('Markdown')).toString(), /\| memory, of its limit \| /);
  const png = await get('PNG');
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.length > 4000, `${png.length}`);
  assert.deepEqual(complaints, []);
  await context.close();
});

test('packed logs and archives', LIMIT, async () => {
  const { context, page, complaints } = await open(browser, served.url);
  const log = join(folder, 'kern.log');
  writeFileSync(log, readFileSync(logOf('473')));
  execFileSync('gzip', ['-k', log]);
  execFileSync('xz', ['-k', log]);
  execFileSync('tar', ['-C', folder, '-cJf', join(folder, 'logs.tar.xz'), 'kern.log', 'kern.log.gz']);
  const expected = ['kern.log.gz', 'kern.log.xz', 'logs.tar.xz'];
  for (const name of expected) {
    await read(page, [join(folder, name)]);
    assert.match(await page.textContent('.summary h2'), name.includes('tar') ? /^2 kills/ : /^1 kill/, name);
    assert.ok((await page.$$('.lines li.ours')).length > 10, name);
  }
  const gz = readFileSync(`${log}.gz`);
  await read(page, [{ name: 'cut.gz', mimeType: 'application/gzip', buffer: gz.subarray(0, gz.length / 2) }]);
  assert.match(await page.textContent('.trouble'), /gzip data is cut or damaged/);
  for (const [name, buffer] of Object.entries(PACKED)) {
    await read(page, [{ name, mimeType: 'application/octet-stream', buffer }]);
    assert.match(await page.textContent('.summary h2'), name === 'logs.zip' ? /^2 kills/ : /^1 kill/, name);
    assert.equal(await page.$('.trouble'), null, name);
  }
  await read(page, [file('x.zip', 'PK\u0003\u0004 and so on')]);
  assert.match(await page.textContent('.trouble'), /zip data is cut or damaged/);
  assert.deepEqual(complaints, []);
  await context.close();
});
