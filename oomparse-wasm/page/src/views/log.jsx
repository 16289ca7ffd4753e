// The log's own lines, with those marked that the figures were read from.

import { useEffect, useRef, useState } from 'preact/hooks';
import { number, t } from '../texts.js';

/** Lines drawn before one asks for all. */
const SHOWN = 400;

export function Log({ lines, pointed, anonymous }) {
  const box = useRef();
  const [whole, setWhole] = useState(false);
  const [only, setOnly] = useState(false);
  const first = pointed.lines[0];
  useEffect(() => {
    if (pointed.jump === 0 || first === undefined) return;
    if (first >= SHOWN) setWhole(true);
    requestAnimationFrame(() => {
      const line = box.current?.querySelector(`[data-line="${first}"]`);
      line?.scrollIntoView({ block: 'center', behavior: 'auto' });
      line?.focus({ preventScroll: true });
    });
  }, [pointed.jump]);
  useEffect(() => {
    if (first === undefined || !box.current) return;
    const line = box.current.querySelector(`[data-line="${first}"]`);
    if (line) box.current.scrollTop = line.offsetTop - box.current.clientHeight / 2;
  }, [first]);
  if (anonymous) return <p class="quiet">{t('log_hidden')}</p>;
  if (lines.length === 0) return <p class="quiet">{t('log_missing')}</p>;
  const ours = lines.filter((line) => line.evidence).length;
  const seen = whole ? lines : lines.slice(0, SHOWN);
  const lit = new Set(pointed.lines);
  return (
    <section class="card wide log">
      <h3>{t('log')}</h3>
      <p class="quiet">
        {t('log_marked', { n: number(ours), all: number(lines.length) })}{' '}
        <label>
          <input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} />{' '}
          {t('log_only')}
        </label>
      </p>
      <div class="lines" ref={box} tabIndex={0} role="region" aria-label={t('log')}>
        <ol>
          {seen.map((line, at) =>
            only && !line.evidence ? null : (
              <li
                key={at}
                value={at + 1}
                data-line={at}
                tabIndex={-1}
                class={`${line.evidence ? 'ours' : ''}${lit.has(at) ? ' lit' : ''}`}
              >
                <code>{line.text}</code>
                {line.evidence && <span class="evidence">{line.evidence}</span>}
              </li>
            ),
          )}
        </ol>
      </div>
      {lines.length > SHOWN && !whole && (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          {t('all_lines', { n: number(lines.length) })}
        </button>
      )}
    </section>
  );
}
