// One kill: the sentence, then what it rests on.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask } from '../engine.js';
import { Figure, Lines } from '../parts/figure.jsx';
import { buildOf } from '../parts/release.js';
import { Term } from '../parts/term.jsx';
import { Traced } from '../parts/traced.jsx';
import { bytes, percent, t } from '../texts.js';
import { Advice } from './advice.jsx';
import { Allocation } from './allocation.jsx';
import { Compare } from './compare.jsx';
import { Hierarchy } from './hierarchy.jsx';
import { Incident, Told } from './incident.jsx';
import { Log } from './log.jsx';
import { Machine } from './machine.jsx';
import { Memory } from './memory.jsx';
import { Processes } from './processes.jsx';
import { asked, pageOf } from './why.js';

export function Kill({ state, index }) {
  const { language, anonymous } = state;
  const row = state.rows[index];
  const [shown, setShown] = useState();
  const [pointed, setPointed] = useState({ lines: [], jump: 0 });
  const latest = useRef(0);
  useEffect(() => {
    const turn = ++latest.current;
    ask('show', { index, language }).then((all) => {
      if (turn !== latest.current) return;
      setShown({ ...all, row });
      setPointed({ lines: [], jump: 0 });
    });
  }, [index, language, anonymous, row]);
  const lines = shown?.lines ?? [];
  const context = useMemo(
    () => ({
      lines,
      event: shown?.event,
      point: (at, jump) => setPointed((before) => ({ lines: at, jump: jump ? before.jump + 1 : before.jump })),
    }),
    [lines],
  );
  if (!shown) return <p class="quiet">{t('loading')}</p>;
  const { event, view, zones } = shown;
  const voice = row.voice === 'kernel' ? undefined : row.voice;
  const flags = event.invoker?.gfp_flags?.split('|') ?? view.gfp?.names ?? [];
  const request = asked(event, flags, zones);
  const build = buildOf(event.kernel_release);
  return (
    <Lines.Provider value={context}>
      <article class="kill" aria-busy={shown.row !== row} lang={language === 'zh' ? 'zh-CN' : 'en'}>
        <p class="when">
          {[view.when ?? (view.after_boot && t('after_boot', { time: view.after_boot })), event.host, event.kernel_release && t('kernel_n', { release: event.kernel_release }), build && t('built_for', { build })]
            .filter(Boolean)
            .join(' · ')}
        </p>
        <h2 class="sentence">
          {view.sentence.map(([text, look], at) => {
            const Look = look ?? 'span';
            return (
              <Look key={at}>
                <Traced voice={voice}>{text}</Traced>
              </Look>
            );
          })}
        </h2>
        {row.voice === 'kernel' && event.origin !== 'kernel' && <p class="quiet">{t('origin_unknown')}</p>}
        {view.hints.map((hint) => (
          <p key={hint} class="hint">
            <Traced voice={voice}>{hint}</Traced>
          </p>
        ))}
        <div class="cards">
          <Incident state={state} index={index} />
          <Told event={event} voice={row.voice} />
          <Memory event={event} view={view} />
          <Machine {...{ event, view, zones, lines, request }} />
          <Advice view={view} />
          <Hierarchy event={event} voice={voice} />
          <div class="column">
            <Victim event={event} />
            <Allocation {...{ event, flags, request }} says={view.gfp?.says} />
          </div>
          <Processes event={event} page={pageOf(zones)} />
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

/** What the Killed line shows about the process. */
function Victim({ event: { victim, selected, reaped, type, memory, scope } }) {
  // What another than the kernel says is in a card of its own.
  if (!victim || type !== 'kill') return null;
  const from = { evidence: ['killed', 'summary', 'reaped'], pid: victim.pid };
  const { anon_rss_bytes: anon, file_rss_bytes: file = 0, shmem_rss_bytes: shmem = 0 } = victim;
  const resident = victim.rss_bytes ?? (anon === undefined ? undefined : anon + file + shmem);
  const limit = scope === 'memcg' ? memory?.limit_bytes : undefined;
  const sizes = [
    ['victim_anon', 'anon_rss_bytes', 'anon-rss', 'anon'],
    ['victim_file', 'file_rss_bytes', 'file-rss', 'file'],
    ['victim_shmem', 'shmem_rss_bytes', 'shmem-rss', 'shmem'],
    ['victim_swap', 'swap_bytes', 'swap', 'swap'],
    ['victim_pgtables', 'pgtables_bytes', 'pgtables', 'pgtables'],
    ['victim_total_vm', 'total_vm_bytes', 'total-vm', 'total_vm'],
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
          {resident !== undefined && (
            <tr>
              <th scope="row">
                <Term name="rss">{t('victim_resident')}</Term>
              </th>
              <td>
                <Figure from={{ ...from, evidence: 'killed' }} label={t('victim_resident')}>
                  {bytes(resident)}
                </Figure>
                {limit > 0 && <span class="quiet"> {t('of_limit', { share: percent(resident, limit) })}</span>}
              </td>
            </tr>
          )}
          {sizes.map(([label, key, word, term]) =>
            victim[key] === undefined ? null : (
              <tr key={key}>
                <th scope="row">
                  <Term name={term}>{t(label)}</Term>
                </th>
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
                <th scope="row">
                  <Term name={key}>{t(label)}</Term>
                </th>
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
