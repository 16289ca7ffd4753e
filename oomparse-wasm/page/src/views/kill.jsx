// One kill: the sentence, then what it rests on.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask } from '../engine.js';
import { Figure, Lines } from '../parts/figure.jsx';
import { bytes, t } from '../texts.js';
import { Advice } from './advice.jsx';
import { Allocation } from './allocation.jsx';
import { Compare } from './compare.jsx';
import { Hierarchy } from './hierarchy.jsx';
import { Incident, Told } from './incident.jsx';
import { Log } from './log.jsx';
import { Machine } from './machine.jsx';
import { Memory } from './memory.jsx';
import { Processes } from './processes.jsx';

export function Kill({ state, index }) {
  const { language, anonymous } = state;
  const row = state.rows[index];
  const [shown, setShown] = useState();
  const [pointed, setPointed] = useState({ lines: [], jump: 0 });
  const latest = useRef(0);
  useEffect(() => {
    const turn = ++latest.current;
    ask('show', { index, language }).then((all) => turn === latest.current && setShown(all));
  }, [index, language, anonymous, row]);
  const lines = shown?.lines ?? [];
  const context = useMemo(
    () => ({
      lines,
      point: (at, jump) => setPointed((before) => ({ lines: at, jump: jump ? before.jump + 1 : before.jump })),
    }),
    [lines],
  );
  if (!shown) return <p class="quiet">{t('loading')}</p>;
  const { event, view, zones } = shown;
  return (
    <Lines.Provider value={context}>
      <article class="kill" lang={language === 'zh' ? 'zh-CN' : 'en'}>
        <p class="when">
          {[view.when ?? (view.after_boot && t('after_boot', { time: view.after_boot })), event.host, event.kernel_release && t('kernel_n', { release: event.kernel_release })]
            .filter(Boolean)
            .join(' · ')}
        </p>
        <h2 class="sentence">
          {view.sentence.map(([text, look], at) => (look === 'strong' ? <strong key={at}>{text}</strong> : text))}
        </h2>
        {row.voice === 'kernel' && event.origin !== 'kernel' && <p class="quiet">{t('origin_unknown')}</p>}
        {view.hints.map((hint) => (
          <p key={hint} class="hint">
            {hint}
          </p>
        ))}
        <div class="cards">
          <Incident state={state} index={index} />
          <Told event={event} voice={row.voice} />
          <Memory event={event} view={view} />
          <Machine event={event} view={view} zones={zones} />
          <Advice view={view} />
          <Hierarchy event={event} />
          <div class="column">
            <Victim event={event} />
            <Allocation event={event} view={view} />
          </div>
          <Processes event={event} />
          <Compare state={state} index={index} shown={shown} />
        </div>
        {view.missing.length > 0 && (
          <p class="missing">
            {t('missing')} {view.missing.join(t('list_comma'))}.
          </p>
        )}
        <Log lines={lines} pointed={pointed} anonymous={anonymous} />
      </article>
    </Lines.Provider>
  );
}

/** What the Killed line tells of the process. */
function Victim({ event: { victim, selected, reaped, type } }) {
  // What another than the kernel tells stands in a card of its own.
  if (!victim || type !== 'kill') return null;
  const from = { evidence: ['killed', 'summary', 'reaped'], pid: victim.pid };
  const sizes = [
    ['victim_anon', 'anon_rss_bytes', 'anon-rss'],
    ['victim_file', 'file_rss_bytes', 'file-rss'],
    ['victim_shmem', 'shmem_rss_bytes', 'shmem-rss'],
    ['victim_pgtables', 'pgtables_bytes', 'pgtables'],
    ['victim_total_vm', 'total_vm_bytes', 'total-vm'],
  ];
  const numbers = [
    ['victim_adj', 'oom_score_adj'],
    ['victim_score', 'oom_score'],
    ['victim_uid', 'uid'],
  ];
  return (
    <section class="card">
      <h3>{t('victim')}</h3>
      <table class="figures">
        <tbody>
          {sizes.map(([label, key, word]) =>
            victim[key] === undefined ? null : (
              <tr key={key}>
                <th scope="row">{t(label)}</th>
                <td>
                  <Figure from={{ ...from, evidence: 'killed', key: word }} label={t(label)}>
                    {bytes(victim[key])}
                  </Figure>
                </td>
              </tr>
            ),
          )}
          {numbers.map(([label, key]) =>
            victim[key] === undefined ? null : (
              <tr key={key}>
                <th scope="row">{t(label)}</th>
                <td>
                  <Figure from={from} label={t(label)}>
                    {victim[key]}
                  </Figure>
                </td>
              </tr>
            ),
          )}
          {reaped?.anon_rss_bytes !== undefined && (
            <tr>
              <th scope="row">{t('victim_reaped')}</th>
              <td>
                <Figure from={{ evidence: 'reaped', pid: victim.pid }} label={t('victim_reaped')}>
                  {bytes(reaped.anon_rss_bytes)}
                </Figure>
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {selected && selected.pid !== victim.pid && (
        <p class="quiet">{t('selected_other', { who: `${selected.comm ?? ''} (${selected.pid})` })}</p>
      )}
    </section>
  );
}
