// Debian's Chromium without a window, and the page in it.

import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--font-render-hinting=none',
  '--enable-precise-memory-info',
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

/** A page of its own context; `complaints` fills with what it and its policy complain about. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  await page.waitForSelector('.drop:not([disabled]), .kill', { timeout: 20_000 });
  return { context, page, complaints, requests };
}

/** Gives the page files and waits until they are read. */
export async function read(page, files) {
  const input = (await page.$('#file')) ?? (await page.$('#other'));
  const before = await reads(page);
  await input.setInputFiles(files);
  // What was shown before stays for a moment, so the page's own count shows the end.
  await page.waitForFunction((before) => Number(document.querySelector('main').dataset.reads) > before, before, {
    timeout: 60_000,
  });
  await settled(page);
}

const reads = (page) => page.$eval('main', (main) => Number(main.dataset.reads));

export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector('.progress') && document.querySelector('.log-name'), undefined, {
    timeout: 60_000,
  });
  await shown(page);
}

/** Waits until the kill that was chosen last is what is shown: the one before it stays until then. */
export async function shown(page) {
  const isShown = () => document.querySelector('.kill[aria-busy="false"] .sentence, .nothing');
  await page.waitForFunction(isShown, undefined, { timeout: 20_000 });
}
