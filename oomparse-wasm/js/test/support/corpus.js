// The corpus: logs, the parser's options for them, and what the core makes of them.

import { readFileSync, readdirSync } from 'node:fs';

export const root = new URL('../../../../', import.meta.url);

/** The folders of `corpus/cases` or `corpus/negative`. */
export function cases(kind = 'cases') {
  const all = new URL(`corpus/${kind}/`, root);
  const names = readdirSync(all, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => {
    const read = (file) => readFileSync(new URL(`${name}/${file}`, all));
    const about = read('case.toml').toString();
    const pods = /^pods = "(.*)"$/m.exec(about)?.[1];
    const options = optionsOf(about);
    // As the core's own tests load a listing.
    if (pods) Object.assign(options, { pods: read(pods), labels: '*' });
    const snapshot = kind === 'cases' ? read('snapshot.json').toString() : undefined;
    return { name, input: read('input.log'), options, snapshot };
  });
}

export const eventsOf = (snapshot) =>
  snapshot.split('\n').filter(Boolean).map((line) => JSON.parse(line));

/** The table `[options]` of a case, in this package's words. */
function optionsOf(about) {
  const table = /^\[options\]\n((?:.+\n?)*)/m.exec(about)?.[1] ?? '';
  const options = {};
  for (const line of table.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const [key, text] = line.split(/ = (.*)/);
    const value = JSON.parse(text);
    if (key === 'tasks' || key === 'year' || key === 'host') options[key] = value;
    else if (key === 'boot_id') options.bootId = value;
    else if (key === 'trust') options.trust = value;
    else if (key === 'origin') options.origin = value;
    else if (key === 'sources') options.sources = value === 'all' ? value : value.split(',');
    else if (key === 'utc_offset_minutes') options.timezone = offset(value);
    else throw new Error(`case.toml: what is ${key}?`);
  }
  return options;
}

function offset(minutes) {
  const two = (number) => String(number).padStart(2, '0');
  const all = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(all / 60))}:${two(all % 60)}`;
}
