// What could be done, as the program says it.

import { useState } from 'preact/hooks';
import { Traced } from '../parts/traced.jsx';
import { bytes, t } from '../texts.js';

export function Advice({ view: { advice } }) {
  if (!advice) return null;
  return (
    <section class="card wide advice">
      <h3>{t('advice')}</h3>
      {advice.says.map((says) => (
        <p key={says}>
          <Traced>{says}</Traced>
        </p>
      ))}
      {advice.limit && (
        <p class="limit-said">
          {t('would_have_held')} <strong>{bytes(advice.limit.bytes)}</strong>
          <span class="quiet">
            {' '}
            <Traced>{advice.limit.reckoned}</Traced>
          </span>
        </p>
      )}
      {advice.changes.map((change) => (
        <Change key={change.title} {...change} />
      ))}
    </section>
  );
}

function Change({ title, text }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <div class="change">
      <p>
        {title}
        <button type="button" onClick={copy}>
          {copied ? t('copied') : t('copy')}
        </button>
      </p>
      <pre tabIndex={0}>{text}</pre>
    </div>
  );
}

/** Where the page is a file, only the old way to copy is allowed. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
