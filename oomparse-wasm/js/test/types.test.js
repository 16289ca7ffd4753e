// types.d.ts against what really comes out, and against docs/schema.md.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { cases, eventsOf, root } from './support/corpus.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'oomparse-types-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const OPTIONS = {
  strict: true,
  skipDefaultLibCheck: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: [],
  paths: { oomparse: [here('../index.d.ts')] },
};

// The libraries are read once for all.
const host = ts.createCompilerHost(OPTIONS);
const read = host.getSourceFile;
const sources = new Map();
host.getSourceFile = (name, ...rest) => {
  if (!name.includes('/typescript/lib/')) return read.call(host, name, ...rest);
  if (!sources.has(name)) sources.set(name, read.call(host, name, ...rest));
  return sources.get(name);
};

function complaints(...files) {
  const program = ts.createProgram(files, OPTIONS, host);
  return files.flatMap((name) => {
    const file = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ start, messageText }) => {
      const line = file.getLineAndCharacterOfPosition(start).line + 1;
      return `${name}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
}

test('a program that uses all of it', () => {
  assert.deepEqual(complaints(here('types/uses.ts'), here('../index.d.ts'), here('../types.d.ts')), []);
});

test('what is wrong does not pass', () => {
  const wrong = [
    "parse('', { task: true });",
    'parse(7);',
    "for (const event of parse('')) event.victim.pid;",
    "for (const event of parse('')) event.nothing;",
    "for (const event of parse('')) if (event.type === 'killed') break;",
    "new Parser().push('').length = '';",
  ];
  const file = join(dir, 'wrong.mts');
  writeFileSync(file, ["import { Parser, parse } from 'oomparse';", ...wrong].join('\n'));
  const lines = complaints(file).map((text) => Number(/:(\d+): /.exec(text)[1]));
  assert.deepEqual(lines, wrong.map((_, at) => at + 2));
});

test('every event of the corpus is an OomEvent, key by key and word by word', () => {
  const events = cases().flatMap(({ snapshot }) => eventsOf(snapshot));
  assert.ok(events.length > 300);
  const file = join(dir, 'corpus.mts');
  const literals = events.map((event) => `${JSON.stringify(event)},`).join('\n');
  // The literal of an object is refused when it has a key more than its type.
  writeFileSync(file, `import type { OomEvent } from 'oomparse';\nexport const all: OomEvent[] = [\n${literals}\n];\n`);
  const odd = join(dir, 'odd.mts');
  const other = JSON.stringify({ ...events[0], odd: 1 });
  writeFileSync(odd, `import type { OomEvent } from 'oomparse';\nexport const one: OomEvent = ${other};\n`);
  assert.deepEqual(complaints(file, odd).map((text) => text.split(':')[0]), [odd]);
});

test('the same fields as in docs/schema.md', () => {
  const schema = readFileSync(new URL('docs/schema.md', root), 'utf8');
  const documented = [...schema.matchAll(/^\| `([^`]+)` \| /gm)].map(([, field]) => field);
  const typed = fields();
  assert.ok(documented.length > 100);
  assert.deepEqual(documented.filter((field) => !typed.has(field)), []);
  // The `_hex` of any text stands in the rules.
  const more = [...typed].filter((field) => !documented.includes(field) && !field.endsWith('_hex'));
  assert.deepEqual(more, []);
});

test('the same words of evidence as in docs/schema.md', () => {
  const schema = readFileSync(new URL('docs/schema.md', root), 'utf8');
  const line = /^`evidence` words: (.*)\.$/m.exec(schema)[1];
  const types = readFileSync(here('../types.d.ts'), 'utf8');
  const typed = types.slice(types.indexOf('type Evidence')).matchAll(/\| '([\w.]+)'/g);
  const words = [...line.matchAll(/`([\w.]+)`/g)];
  assert.deepEqual([...typed].map(([, word]) => word), words.map(([, word]) => word));
});

/** The paths of all fields of an OomEvent, as docs/schema.md writes them. */
function fields() {
  const file = here('../types.d.ts');
  const program = ts.createProgram([file], OPTIONS, host);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  const event = checker.getExportsOfModule(module).find(({ name }) => name === 'OomEvent');
  const found = new Set();
  const add = (type, prefix) => {
    for (const property of checker.getPropertiesOfType(type)) {
      const path = prefix + property.name;
      const value = checker.getNonNullableType(checker.getTypeOfSymbol(property));
      // What an event of this type never has.
      if (value.flags & ts.TypeFlags.Never) continue;
      const item = checker.isArrayType(value) ? checker.getTypeArguments(value)[0] : value;
      const own = item.symbol?.declarations?.[0]?.getSourceFile().fileName === file;
      if (own && item.isClassOrInterface()) add(item, item === value ? `${path}.` : `${path}[].`);
      else found.add(path);
    }
  };
  for (const type of checker.getDeclaredTypeOfSymbol(event).types) add(type, '');
  return found;
}
