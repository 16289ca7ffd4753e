// Chromium without a window, spoken to through a pipe.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=1000,900',
  '--remote-debugging-pipe',
];

export async function browse(url) {
  const data = mkdtempSync(join(tmpdir(), 'oomparse-page-'));
  const child = spawn('chromium', [...FLAGS, `--user-data-dir=${data}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const waiting = new Map();
  const said = [];
  let last = 0;
  let rest = '';
  const gone = new Promise((_, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`chromium ended with ${code}`)));
  });
  gone.catch(() => {});
  child.stdio[4].setEncoding('utf8').on('data', (text) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop();
    for (const message of messages.map((one) => JSON.parse(one))) {
      if (message.method) said.push(message);
      const { resolve, reject } = waiting.get(message.id) ?? {};
      if (message.error) reject?.(new Error(message.error.message));
      else resolve?.(message.result);
    }
  });
  let sessionId;
  const send = (method, params = {}) => {
    const id = ++last;
    const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return Promise.race([answer, gone]);
  };
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  ({ sessionId } = await send('Target.attachToTarget', { targetId, flatten: true }));
  await send('Runtime.enable');
  await send('Log.enable');
  await send('DOM.enable');
  await send('Page.navigate', { url });
  return {
    send,
    /** What the page complained about. */
    complaints: () =>
      said.filter(({ method }) => method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded'),
    /** The value of an expression in the page. */
    async value(expression) {
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
      return result.value;
    },
    async close() {
      const over = new Promise((resolve) => child.once('exit', resolve));
      sessionId = undefined;
      send('Browser.close').catch(() => {});
      const late = setTimeout(() => child.kill('SIGKILL'), 5000);
      await over;
      clearTimeout(late);
      // What it started may still be writing.
      rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
