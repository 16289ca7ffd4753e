// What leaves the page, and only when one asks: files that the browser saves.

import { useEffect, useRef, useState } from 'preact/hooks';
import * as actions from '../actions.js';
import { ask } from '../engine.js';
import { pageWith } from '../export/html.js';
import { picture } from '../export/picture.js';
import { now, set, shown } from '../state.js';
import { t } from '../texts.js';
import { copyText } from './advice.jsx';

export function save(name, content, type) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function Share({ state }) {
  const dialog = useRef();
  const [of, setOf] = useState('one');
  const [said, setSaid] = useState('');
  const indexes = () => (of === 'one' && state.chosen !== undefined ? [state.chosen] : shown(now()));
  const run = (action) => async () => {
    setSaid('');
    try {
      await action();
      setSaid(t('share_done'));
    } catch (error) {
      setSaid(String(error.message ?? error));
    }
  };
  const language = state.language;
  const ndjson = async () => save('kills.ndjson', await ask('events', { indexes: indexes() }), 'application/x-ndjson');
  const markdown = async () => save('kill.md', await ask('markdown', { indexes: indexes(), language }), 'text/markdown');
  const copy = async () => copyText(await ask('markdown', { indexes: indexes(), language }));
  const html = async () => {
    const events = await ask('events', { indexes: indexes(), lines: !state.anonymous });
    save('kill.html', await pageWith(events, state.anonymous ? t('anonymous_log') : state.logs[0]), 'text/html');
  };
  const png = async () => {
    const charts = [...document.querySelectorAll('.detail svg.chart')];
    const chart = charts[0] ?? document.querySelector('svg.chart');
    if (!chart) throw new Error(t('share_no_chart'));
    save('kill.png', await picture(chart), 'image/png');
  };
  useEffect(() => {
    const close = () => set({});
    dialog.current?.addEventListener('close', close);
    return () => dialog.current?.removeEventListener('close', close);
  }, []);
  return (
    <>
      <button type="button" class="primary" onClick={() => dialog.current.showModal()}>
        {t('share')}
      </button>
      <dialog ref={dialog} aria-label={t('share')} class="share">
        <h2>{t('share')}</h2>
        <fieldset>
          <legend>{t('share_what')}</legend>
          <label>
            <input type="radio" name="what" checked={of === 'one'} onChange={() => setOf('one')} /> {t('share_one')}
          </label>
          <label>
            <input type="radio" name="what" checked={of === 'all'} onChange={() => setOf('all')} />{' '}
            {t('share_all', { n: shown(state).length })}
          </label>
        </fieldset>
        <label class="switch">
          <input
            type="checkbox"
            checked={state.anonymous}
            onChange={(event) => actions.anonymise(event.currentTarget.checked)}
          />{' '}
          {t('anonymise')}
        </label>
        <p class="quiet">{t('anonymise_why')}</p>
        <div class="row">
          <button type="button" onClick={run(html)}>
            HTML
          </button>
          <button type="button" onClick={run(ndjson)}>
            NDJSON
          </button>
          <button type="button" onClick={run(markdown)}>
            Markdown
          </button>
          <button type="button" onClick={run(copy)}>
            {t('copy_markdown')}
          </button>
          <button type="button" onClick={run(png)}>
            PNG
          </button>
          <button type="button" onClick={() => print()}>
            {t('print')}
          </button>
        </div>
        <p aria-live="polite">{said}</p>
        <form method="dialog">
          <button type="submit">{t('close')}</button>
        </form>
      </dialog>
    </>
  );
}
