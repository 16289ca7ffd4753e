// The catalogue has every text that the page asks for, in both languages, and explains every word that it shows.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { machineFigures } from '../src/parts/meminfo.js';
import { buildOf } from '../src/parts/release.js';
import { termOf } from '../src/parts/statistic.js';
import { asked, isFragmented, pageOf } from '../src/views/why.js';
import { snapshots } from './support/logs.js';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const texts = JSON.parse(read('../../../oomparse-report/texts/page.json'));
const terms = JSON.parse(read('../../../oomparse-report/texts/terms.json'));
const folder = fileURLToPath(new URL('../src/', import.meta.url));
const sources = readdirSync(folder, { recursive: true })
  .filter((name) => /\.jsx?$/.test(name))
  .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
  .join('\n');

/** Keys that the source has whole, and the beginnings of those that it puts together. */
const literals = new Set([...sources.matchAll(/'([a-z][a-z0-9_]*)'/g)].map(([, word]) => word));
const begun = [...sources.matchAll(/t\(`([a-z]+_)\$\{/g)].map(([, word]) => word).concat('problem_');

test('every text is there in both languages, with the same names in it', () => {
  const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const [key, { en, zh }] of Object.entries({ ...texts, ...terms })) {
    assert.ok(en && zh, key);
    assert.deepEqual(names(en), names(zh), key);
  }
  // What is not a name of the kernel's or of a format is said in Chinese.
  for (const [key, { en, zh }] of Object.entries(texts)) {
    if (/[a-z]{4,} [a-z]{2,}/.test(en)) assert.match(zh, /\p{Script=Han}/u, key);
  }
});

test('every text that is asked for is there, and every one that is there is asked for', () => {
  const wanted = [...sources.matchAll(/\bt\('([a-z0-9_]+)'/g)].map(([, key]) => key);
  assert.ok(wanted.length > 100, `${wanted.length}`);
  for (const key of wanted) assert.ok(texts[key], `${key} is not in page.json`);
  const counted = [...sources.matchAll(/\bcount\('([a-z]+)'/g)].map(([, key]) => key);
  for (const key of counted) assert.ok(texts[`${key}_one`] && texts[`${key}_many`], key);
  for (const key of Object.keys(texts)) {
    const isAsked = literals.has(key) || begun.some((word) => key.startsWith(word)) || literals.has(key.replace(/_(one|many)$/, ''));
    assert.ok(isAsked, `nothing asks for ${key}`);
  }
});

test('every problem that a packed log can have has its sentence', () => {
  const rust = ['layers', 'zipped', 'tar', 'mod'].map((name) => read(`../../src/unpack/${name}.rs`)).join('\n');
  const words = [...rust.matchAll(/problem\("(\w+)"\)|=> "(\w+)",\n|_ => "(\w+)"|format!\("(damaged|memory):/g)].map(([, ...all]) => all.find(Boolean));
  assert.ok(words.length > 8, `${words}`);
  for (const word of words) assert.ok(texts[`problem_${word}`], word);
});

test('every term that the page marks is explained', () => {
  const named = [...sources.matchAll(/<Term name="([^"]+)"/g)].map(([, name]) => name);
  assert.ok(named.length > 15);
  for (const name of named) assert.ok(terms[name], name);
});

test('every statistic and every figure of the machine in the corpus is explained', () => {
  const keys = new Set();
  for (const event of snapshots()) {
    for (const { values } of event.memcg_stats ?? []) for (const key of Object.keys(values)) keys.add(key);
  }
  assert.ok(keys.size > 90, `${keys.size}`);
  const unknown = [...keys].filter((key) => !terms[termOf(key)]);
  assert.deepEqual(unknown, []);
});

const MEMINFO = `Jan  5 02:12:02 h kernel: [1.1] Mem-Info:
Jan  5 02:12:02 h kernel: [1.1] active_anon:802 inactive_anon:37618 isolated_anon:3
Jan  5 02:12:02 h kernel: [1.1]  mapped:644 shmem:1644 pagetables:115
Jan  5 02:12:02 h app[9]:  free_cma:77 bounce:9
Jan  5 02:12:02 h kernel: [1.2]  sec_pagetables:0 bounce:1
Jan  5 02:12:02 h kernel: [1.3]  free:1096 free_pcp:12 free_cma:0
Jan  5 02:12:02 h kernel: [1.3] Node 0 active_anon:3208kB writeback:5kB
Jan  5 02:12:02 h kernel: [1.4] 1644 total pagecache pages
Jan  5 02:12:02 h kernel: [1.4] Total swap = 8kB
Jan  5 02:12:02 h kernel: [1.4] 65406 pages RAM
Jan  5 02:12:02 h kernel: [1.4] 0 pages HighMem/MovableOnly
Jan  5 02:12:02 h kernel: [1.4] 7 pages hwpoisoned`;

test('figures that the record has no place for are read from their lines, and none from a program', () => {
  const isKnown = (text) => / kernel: .*(Mem-Info|_anon:\d+ |mapped:|free:|pagecache|swap|RAM|HighMem)/.test(text) && !text.includes('Node');
  const lines = MEMINFO.split('\n').map((text) => ({ text, evidence: isKnown(text) ? 'meminfo' : undefined }));
  const found = Object.fromEntries(machineFigures(lines).map(([key, size, unit, line]) => [key, [size, unit, line]]));
  assert.deepEqual(found.isolated_anon, [3, 'pages', 1]);
  assert.deepEqual(found.bounce, [1, 'pages', 4]);
  assert.deepEqual(found.free_cma, [0, 'pages', 5]);
  assert.deepEqual(found['Total swap'], [8192, 'bytes', 8]);
  assert.deepEqual(found['pages hwpoisoned'], [7, 'pages', 11]);
  assert.equal(found.writeback, undefined);
  assert.deepEqual(Object.keys(found).filter((key) => !terms[key]), []);
});

test('why each zone gave nothing', () => {
  const KIB = 1024;
  const zone = (name, free, min, reserve) => ({ node: 0, name, free: free * KIB, min: min * KIB, low: 0, high: 0, reserve, line: 0 });
  // A captured report of 5.10: DMA has more than its min, which is kept from those who can use DMA32.
  const zones = {
    zones: [zone('DMA', 732, 152, [0, 147, 147, 147, 147]), zone('DMA32', 4800, 4804, [0, 0, 0, 0, 0])],
    lists: [{ node: 0, name: 'DMA', blocks: [[4096, 1], [8192, 0], [16384, 0], [32768, 0], [65536, 0]] }],
  };
  const of = (names, invoker, all = zones) => {
    const request = asked({ invoker }, names, all);
    return [request.top, ...all.zones.map((one) => request.why(one))];
  };
  const user = ['GFP_HIGHUSER_MOVABLE', '__GFP_ZERO'];
  assert.deepEqual(of(user, { order: 0 }), ['DMA32', 'why_reserve', 'why_min']);
  assert.deepEqual(of(['GFP_KERNEL'], { order: 0 }), ['DMA32', 'why_reserve', 'why_min']);
  assert.deepEqual(of(['GFP_KERNEL', '__GFP_DMA'], { order: 2 }), ['DMA', 'why_blocks', undefined]);
  assert.deepEqual(of(['GFP_KERNEL', '__GFP_DMA'], { order: 0 }), ['DMA', 'why_given', undefined]);
  assert.deepEqual(of(user, { order: 0, nodemask: '1-2' }), ['DMA32', 'why_node', 'why_node']);
  // SysRq-f, who may go below the marks, and a kind of machine whose list is not known: nothing is said.
  for (const silent of [of(user, { order: -1 }), of(['GFP_ATOMIC'], { order: 0 })]) assert.deepEqual(silent, ['DMA32', undefined, undefined]);
  const old = { ...zones, zones: [zone('DMA', 732, 152, [0, 147, 147]), zone('Normal', 1, 2, [])] };
  assert.deepEqual(of(['GFP_KERNEL'], { order: 0 }, old), ['Normal', undefined, 'why_min']);
  assert.equal(pageOf(zones), 4096);
  assert.equal(isFragmented(zones.lists[0].blocks), true);
  assert.equal(isFragmented([[4096, 0], [8192, 0], [16384, 0], [32768, 1]]), false);
});

test('whose kernel it is', () => {
  for (const [release, wanted] of [
    ['3.10.0-514.6.1.el7.x86_64', 'RHEL 7, x86, 64 bit'],
    ['6.12.117+deb12-amd64', 'Debian 12, x86, 64 bit'],
    ['5.13.0-35-generic', 'Ubuntu'],
    ['5.10.0-136.12.0.86.oe2203sp1.aarch64', 'openEuler 22.03, ARM, 64 bit'],
    ['6.1.1-arch1-1', 'Arch Linux, x86, 64 bit'],
    ['5.15.158-2-pve', 'Proxmox, x86, 64 bit'],
    ['6.18.44', undefined],
    [undefined, undefined],
  ]) {
    assert.equal(buildOf(release), wanted, release);
  }
});
