// Two kills of one container beside each other, and what all of them show together.

import { useEffect, useState } from 'preact/hooks';
import * as actions from '../actions.js';
import { ask } from '../engine.js';
import { Traced } from '../parts/traced.jsx';
import { now, set } from '../state.js';
import { bytes, number, shortTime, t } from '../texts.js';

/** More kills than these are not read for their course. */
const MOST = 200;

/** The kills of the same container, or where there is none, of the same process in the same cgroup. */
export function siblings(rows, index) {
  const row = rows[index];
  const key = (other) =>
    other.container || other.pod
      ? `${other.pod ?? ''} ${other.container ?? ''}`
      : other.cgroup && `${other.cgroup} ${other.comm}`;
  const own = key(row);
  if (!own || row.type !== 'kill') return [];
  const found = [];
  rows.forEach((other, at) => {
    if (at !== index && other.type === 'kill' && other.host === row.host && key(other) === own) found.push(at);
  });
  return found;
}

const FIGURES = [
  ['usage', (event) => event.memory?.usage_bytes, bytes],
  ['limit', (event) => event.memory?.limit_bytes, bytes],
  ['failcnt', (event) => event.memory?.failcnt, number],
  ['part_anon', (event) => part(event, 'anon', 'total_rss', 'rss'), bytes],
  ['part_file', (event) => part(event, 'file', 'total_cache', 'cache'), bytes],
  ['part_shmem', (event) => part(event, 'shmem', 'total_shmem'), bytes],
  ['part_kernel', (event) => part(event, 'kernel') ?? event.kmem?.usage_bytes, bytes],
  ['part_slab', (event) => part(event, 'slab'), bytes],
  ['victim_anon', (event) => event.victim?.anon_rss_bytes, bytes],
  ['victim_file', (event) => event.victim?.file_rss_bytes, bytes],
  ['victim_pgtables', (event) => event.victim?.pgtables_bytes, bytes],
  ['victim_adj', (event) => event.victim?.oom_score_adj, String],
  ['processes_n', (event) => event.tasks?.length, number],
];

function part(event, ...keys) {
  const values = event.memcg_stats?.[0]?.values ?? {};
  return keys.map((key) => values[key]).find((value) => value !== undefined);
}

export function Compare({ state, index, shown }) {
  const { rows, language, compared, anonymous } = state;
  const others = siblings(rows, index);
  const [course, setCourse] = useState([]);
  const [other, setOther] = useState();
  const all = [...others, index].sort((one, two) => one - two).slice(0, MOST);
  useEffect(() => {
    if (others.length < 2) return setCourse([]);
    let live = true;
    ask('course', { indexes: all, language }).then((says) => live && setCourse(says));
    return () => {
      live = false;
    };
  }, [index, others.length, language]);
  useEffect(() => {
    if (compared === undefined) return setOther(undefined);
    let live = true;
    ask('show', { index: compared, language }).then((found) => live && setOther(found));
    return () => {
      live = false;
    };
  }, [compared, language, anonymous]);
  if (others.length === 0) return null;
  return (
    <section class="card wide compare">
      <h3>{t('compare', { n: number(others.length + 1) })}</h3>
      {course.map((says) => (
        <p key={says}>{says}</p>
      ))}
      <label>
        {t('compare_with')}{' '}
        <select
          value={compared ?? ''}
          onChange={(event) => {
            const { value } = event.currentTarget;
            set({ compared: value === '' ? undefined : Number(value) });
          }}
        >
          <option value="">{t('compare_none')}</option>
          {others.slice(0, MOST).map((at) => (
            <option key={at} value={at}>
              {shortTime(now().rows[at])} · {rows[at].comm} ({rows[at].pid})
            </option>
          ))}
        </select>
      </label>
      {other && <Table mine={shown} other={other} onOther={() => actions.select(compared)} />}
    </section>
  );
}

function Table({ mine, other, onOther }) {
  const lines = FIGURES.map(([label, of, said]) => [label, of(mine.event), of(other.event), said]).filter(
    ([, one, two]) => one !== undefined || two !== undefined,
  );
  const change = (one, two, said) => {
    if (one === undefined || two === undefined || one === two) return one === two ? '=' : '';
    const sign = one > two ? '+' : '−';
    return `${sign}${said(Math.abs(one - two))}`;
  };
  const when = (shown) => shown.view.when ?? shown.view.after_boot ?? '';
  return (
    <table class="compared">
      <thead>
        <tr>
          <th scope="col">
            <span class="sr">{t('figure')}</span>
          </th>
          <th scope="col">
            <button type="button" class="link" onClick={onOther}>
              {t('other_kill')}
            </button>{' '}
            <span class="quiet">{when(other)}</span>
          </th>
          <th scope="col">
            {t('this_kill')} <span class="quiet">{when(mine)}</span>
          </th>
          <th scope="col">{t('change')}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(([label, one, two, said]) => (
          <tr key={label}>
            <th scope="row">{t(label)}</th>
            <td>{two === undefined ? '–' : said(two)}</td>
            <td>{one === undefined ? '–' : <Traced>{said(one)}</Traced>}</td>
            <td class={one > two ? 'more' : one < two ? 'less' : ''}>{change(one, two, said)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
