// What every host of the parser is held to: corpus/scripts, record by record.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Parser } from '../node.js';
import { root } from './support/corpus.js';

const dir = new URL('corpus/scripts/', root);
const names = readdirSync(dir).filter((name) => name.endsWith('.json'));

/** What a host puts into a record. */
const KILLS = new Set(['kill', 'userspace_kill']);

/** Only what the truth gives is asked for; null: the key must be absent. */
function holds(truth, event, place) {
  if (truth === null) assert.equal(event, undefined, place);
  else if (typeof truth === 'object') {
    assert.ok(event, `${place} is absent`);
    for (const [key, value] of Object.entries(truth)) holds(value, event[key], `${place}.${key}`);
  } else assert.equal(event, truth, place);
}

test('the scripts are there', () => assert.ok(names.length > 30, `${names.length} scripts`));

for (const name of names) {
  test(`script ${name}`, () => {
    const script = JSON.parse(readFileSync(new URL(name, dir)));
    const options = { trust: script.trust ?? 'kernel', cgroupRoots: script.cgroup_roots ?? [] };
    if (script.sources) options.sources = script.sources;
    if (script.origin) options.origin = script.origin;
    if (script.pods) options.pods = script.pods;
    const parsers = new Map();
    const given = [];
    script.records.forEach((record, at) => {
      const key = record[script.stream] ?? '';
      if (!parsers.has(key)) parsers.set(key, new Parser(options));
      const parser = parsers.get(key);
      const events = [...parser.push(`${JSON.stringify(record)}\n`), ...parser.flush()];
      for (const event of events) if (KILLS.has(event.type)) given.push([at, event]);
    });
    const late = [...parsers.values()].flatMap((parser) => parser.finish());
    const homeless = script.events.filter(({ at }) => at === null);
    if (script.late === undefined) assert.equal(late.length, homeless.length);
    homeless.forEach(({ event }, index) => holds(event, late[index], 'a late event'));
    const expected = script.events.filter(({ at }) => at !== null);
    assert.deepEqual(given.map(([at]) => at), expected.map(({ at }) => at));
    given.forEach(([at, event], index) => holds(expected[index].event, event, `record ${at}`));
    for (const [pid, uid] of script.never ?? []) {
      assert.ok(!given.some(([, { victim, pod }]) => victim.pid === pid && pod?.uid === uid));
    }
  });
}
