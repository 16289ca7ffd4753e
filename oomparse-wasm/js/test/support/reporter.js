// Prints each test, and at the end a line as cargo's tests do, which `cargo xtask test` adds up.

export default async function* report(source) {
  const counts = { ok: 0, failed: 0, ignored: 0 };
  for await (const { type, data } of source) {
    const isSuite = data.details?.type === 'suite' || data.name?.endsWith('.test.js');
    if (type === 'test:diagnostic' || type === 'test:stderr' || type === 'test:stdout') {
      if (type !== 'test:diagnostic') yield data.message;
    } else if (type === 'test:pass' && !isSuite) {
      const isSkipped = data.skip !== undefined || data.todo !== undefined;
      counts[isSkipped ? 'ignored' : 'ok'] += 1;
      yield `test ${data.name} ... ${isSkipped ? 'ignored' : 'ok'}\n`;
    } else if (type === 'test:fail' && !(isSuite && data.details?.error?.failureType === 'subtestsFailed')) {
      counts.failed += 1;
      const { error } = data.details;
      yield `test ${data.name} ... FAILED\n${error?.cause?.stack ?? error?.stack ?? error}\n`;
    }
  }
  const word = counts.failed > 0 ? 'FAILED' : 'ok';
  yield `test result: ${word}. ${counts.ok} passed; ${counts.failed} failed; ${counts.ignored} ignored\n`;
}
