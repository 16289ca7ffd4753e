// All figures of a report's Mem-Info block: the event has the main ones, the lines have all.

const COUNTED = /(?:^|[^\w.])(\d+) (total pagecache pages|pages [A-Za-z][A-Za-z /]*)\W*$/;
const SWAP = /\b(Free swap|Total swap) *= (\d+)kB/;

/** What a line has before its figures, for comparison: carriers' own words, whatever the time. */
const prefix = (text, at) => text.slice(0, at).replace(/\d+/g, '0').replace(/[\s"]+/g, ' ').trimEnd();

/** `[key, size, 'pages' | 'bytes', line]` of each figure, in the order of the log. */
export function machineFigures(lines = []) {
  const ours = lines.flatMap(({ evidence }, at) => (evidence === 'meminfo' ? [at] : []));
  if (ours.length === 0) return [];
  const found = new Map();
  const put = (key, size, unit, line) => !found.has(key) && found.set(key, [key, Number(size), unit, line]);
  const known = new Set();
  // The lines whose figures the record has no place for stand among the others, under the same words of the carrier.
  for (let line = ours[0]; line <= ours.at(-1) + 3 && line < lines.length; line++) {
    const { text: raw, evidence } = lines[line];
    if (evidence !== undefined && evidence !== 'meminfo') continue;
    const text = raw.replace(/\\x0a|#012|\\n/g, '\n');
    if (/Node \d+ /.test(text)) continue;
    const totals = [...text.matchAll(/(?<![\w.:()/-])([a-z]+(?:_[a-z]+)*):(\d+)(?![\w.:])/g)];
    const [counted, swap] = [COUNTED.exec(text), SWAP.exec(text)];
    const at = totals[0]?.index ?? swap?.index ?? (counted ? text.indexOf(counted[1] + ' ', counted.index) : -1);
    if (at < 0) continue;
    if (evidence) known.add(prefix(text, at));
    else if (!known.has(prefix(text, at))) continue;
    for (const [, key, pages] of totals) put(key, pages, 'pages', line);
    if (counted) put(counted[2].trim(), counted[1], 'pages', line);
    if (swap) put(swap[1], swap[2] * 1024, 'bytes', line);
  }
  return [...found.values()];
}
