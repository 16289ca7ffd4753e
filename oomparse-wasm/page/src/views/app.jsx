// The whole page: its head, and either the place to drop a log or what was found in it.

import { useEffect, useRef, useState } from 'preact/hooks';
import * as actions from '../actions.js';
import { set, shown, useAll } from '../state.js';
import { count, languages, number, percent, t } from '../texts.js';
import { Kill } from './kill.jsx';
import { List } from './list.jsx';
import { Overview } from './overview.jsx';
import { Share } from './share.jsx';
import { Start } from './start.jsx';

export function App() {
  const state = useAll();
  const { over, handlers } = useDrop();
  const detail = useRef();
  const [open, setOpen] = useState(false);
  const indexes = shown(state);
  const show = (index, follow) => {
    actions.select(index);
    if (follow) setOpen(true);
  };
  useEffect(() => {
    if (open) detail.current?.focus({ preventScroll: false });
  }, [open]);
  const hasLog = state.logs.length > 0;
  return (
    <div class={`page${over ? ' over' : ''}`} {...handlers}>
      <a class="skip" href="#main">
        {t('skip')}
      </a>
      <Head state={state} />
      <main id="main" tabIndex={-1} aria-busy={Boolean(state.progress)} data-reads={state.reads}>
        {state.module === 'failed' && <p class="trouble">{t('module_failed', { why: state.failure })}</p>}
        {!hasLog && <Start state={state} />}
        {hasLog && (
          <>
            <Progress state={state} />
            <Problems state={state} />
            {state.rows.length === 0 && !state.progress && <Nothing state={state} />}
            {state.rows.length > 0 && (
              <>
                <Overview state={state} indexes={indexes} />
                <div class={`split${open ? ' open' : ''}`}>
                  <List state={state} indexes={indexes} onShow={show} />
                  <section class="detail" ref={detail} tabIndex={-1} aria-label={t('one_kill')}>
                    <button type="button" class="back" onClick={() => setOpen(false)}>
                      ← {t('back')}
                    </button>
                    {state.chosen !== undefined && state.rows[state.chosen] && (
                      <Kill key={state.chosen} state={state} index={state.chosen} />
                    )}
                  </section>
                </div>
              </>
            )}
          </>
        )}
      </main>
      <p class="sr" aria-live="polite">
        {state.notice ?? (state.progress ? '' : hasLog ? count('events', state.rows.length) : '')}
      </p>
      {over && <div class="drop-here">{t('drop_here')}</div>}
    </div>
  );
}

function Head({ state }) {
  const pick = useRef();
  const beside = useRef();
  const files = (event, take) => {
    take([...event.currentTarget.files]);
    event.currentTarget.value = '';
  };
  return (
    <header>
      <h1>
        <span class="logo" aria-hidden="true" />
        oomparse
      </h1>
      {state.logs.length > 0 && (
        <>
          <p class="log-name" title={state.logs.join('\n')}>
            {state.logs.length === 1 ? state.logs[0] : t('logs_n', { n: number(state.logs.length) })}
          </p>
          <div class="tools">
            <button type="button" onClick={() => pick.current.click()}>
              {t('open_other')}
            </button>
            <input ref={pick} type="file" multiple hidden id="other" onChange={(event) => files(event, actions.open)} />
            <button type="button" onClick={() => beside.current.click()} title={t('names_why')}>
              {t('names')}
            </button>
            <input ref={beside} type="file" multiple hidden id="names" onChange={(event) => files(event, actions.names)} />
            {state.rows.length > 0 && <Share state={state} />}
          </div>
        </>
      )}
      <div class="settings">
        <label>
          <span class="sr">{t('language')}</span>
          <select value={state.language} onChange={(event) => actions.language(event.currentTarget.value)}>
            {Object.entries(languages).map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="sr">{t('theme')}</span>
          <select value={state.theme} onChange={(event) => actions.theme(event.currentTarget.value)}>
            {['auto', 'light', 'dark'].map((name) => (
              <option key={name} value={name}>
                {t(`theme_${name}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
    </header>
  );
}

function Progress({ state: { progress, rows } }) {
  if (!progress) return null;
  const { name, done, total } = progress;
  return (
    <div class="progress">
      <progress max={Math.max(total, 1)} value={done} aria-label={t('reading', { name })} />
      <span>
        {t('reading', { name })} · {percent(done, total)} % · {count('events', rows.length)}
      </span>
      <button type="button" onClick={actions.stop}>
        {t('cancel')}
      </button>
    </div>
  );
}

function Problems({ state: { problems, cancelled, notice } }) {
  return (
    <>
      {cancelled && <p class="trouble">{t('cancelled')}</p>}
      {problems.map(({ name, problem }) => {
        const [word, kind] = problem.split(':');
        const key = `problem_${word}`;
        const text = t(key, { kind });
        return (
          <p key={name + problem} class="trouble">
            {name}: {text === key ? problem : text}
          </p>
        );
      })}
      {notice && (
        <p class="notice">
          {notice}{' '}
          <button type="button" onClick={() => set({ notice: undefined })} aria-label={t('close')}>
            ×
          </button>
        </p>
      )}
    </>
  );
}

function Nothing({ state }) {
  return (
    <div class="nothing">
      <h2>{t('nothing_found')}</h2>
      <p>{t('nothing_why')}</p>
      <Start state={state} />
    </div>
  );
}

/** Files may be dropped anywhere. */
function useDrop() {
  const [over, setOver] = useState(false);
  const stop = (event) => event.preventDefault();
  return {
    over,
    handlers: {
      onDragOver: (event) => {
        stop(event);
        setOver(true);
      },
      onDragLeave: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setOver(false);
      },
      onDrop: (event) => {
        stop(event);
        setOver(false);
        const files = [...event.dataTransfer.files];
        if (files.length > 0) actions.open(files);
        else if (event.dataTransfer.getData('text')) actions.openText(event.dataTransfer.getData('text'));
      },
    },
  };
}
