// A figure that says which lines of the log it was read from.

import { useContext } from 'preact/hooks';
import { createContext } from 'preact';
import { t } from '../texts.js';

/** `{ lines, point }`: the kill's lines, and how to point at some of them. */
export const Lines = createContext({ lines: [], point: () => {} });

/** The lines of an evidence; of a counter or a process only its own. */
export function linesOf(lines, { evidence, counter, pid, key }) {
  const words = Array.isArray(evidence) ? evidence : [evidence];
  const found = [];
  (lines ?? []).forEach((line, index) => {
    if (!words.includes(line.evidence)) return;
    if (counter && line.counter !== counter) return;
    // A heading of the table is no process's; a summary may name none.
    const isAnyone = line.pid === undefined && line.evidence !== 'tasks';
    if (pid !== undefined && line.pid !== pid && !isAnyone) return;
    // A record of several lines stands in one, as the kernel's own reader writes it.
    const text = line.text.replace(/\\x0a|#012/g, '\n');
    if (key && ![key].flat().some((word) => has(text, word))) return;
    found.push(index);
  });
  return found;
}

/** Whether a line has this word, not only as the end of another. */
function has(text, word) {
  const at = text.indexOf(word);
  if (at < 0) return false;
  return at === 0 || !/[\w]/.test(text[at - 1]) || !/\w/.test(word[0]) || has(text.slice(at + 1), word);
}

/** What makes an element point at the lines that it was read from, while the pointer is on it. */
export function usePoint({ line, from }) {
  const { lines, point } = useContext(Lines);
  const at = line !== undefined ? [line] : linesOf(lines, from);
  if (at.length === 0 || lines.length === 0) return {};
  return { title: lines[at[0]]?.text.trim(), onMouseEnter: () => point(at), onMouseLeave: () => point([]) };
}

export function Figure({ from, line, children, label }) {
  const { lines, point } = useContext(Lines);
  const at = line !== undefined ? [line] : from ? linesOf(lines, from) : [];
  if (at.length === 0) return <span class="figure">{children}</span>;
  const text = lines[at[0]]?.text ?? '';
  const over = () => point(at);
  const out = () => point([]);
  return (
    <button
      type="button"
      class="figure from"
      title={text.trim()}
      aria-description={label ? `${label}: ${t('line_n', { n: at[0] + 1 })}` : undefined}
      onMouseEnter={over}
      onMouseLeave={out}
      onFocus={over}
      onBlur={out}
      onClick={() => point(at, true)}
    >
      {children}
    </button>
  );
}
