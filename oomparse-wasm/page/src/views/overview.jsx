// What the whole log shows: how many kills, when, and whose.

import { useState } from 'preact/hooks';
import { series, Timeline } from '../charts/timeline.jsx';
import { clockOf, groupOf, kills, set } from '../state.js';
import { count, number, t } from '../texts.js';

const SHOWN = 6;
/** The kernel prints at most ten reports in five seconds. */
const STORM = { kills: 11, seconds: 5 };

export function Overview({ state, indexes }) {
  const { rows, grouping, group, range } = state;
  const all = series(rows, grouping);
  return (
    <section class="overview" aria-label={t('overview')}>
      <div class="summary">
        <h2>{summary(rows)}</h2>
        <Facts rows={rows} incidents={state.incidents} />
        <Voices rows={rows} voice={state.voice} />
      </div>
      {kills(rows).length > 1 && (
        <>
          <Timeline {...{ rows, grouping, group, range }} onRange={(next) => set({ range: next })} />
          <Groups {...{ all, grouping, group }} />
        </>
      )}
      {(group !== undefined || range || state.voice !== undefined || state.search.trim() !== '') && (
        <p class="filter">
          {t('filtered', { n: number(indexes.length), all: number(rows.length) })}{' '}
          <button type="button" onClick={() => set({ group: undefined, range: undefined, voice: undefined, search: '' })}>
            {t('show_all')}
          </button>
        </p>
      )}
    </section>
  );
}

function summary(rows) {
  const dead = kills(rows);
  const pods = new Set(dead.map((row) => row.pod).filter(Boolean)).size;
  const hosts = new Set(dead.map((row) => row.host).filter(Boolean)).size;
  const parts = [count('kills', dead.length)];
  if (pods > 0) parts.push(t('in_pods', { pods: count('pods', pods) }));
  if (hosts > 1) parts.push(t('on_nodes', { nodes: count('nodes', hosts) }));
  return parts.join(t('word_space'));
}

/** The most kills within five seconds of each other. */
export function storm(rows) {
  const { seconds } = clockOf(rows);
  const times = kills(rows).map(seconds).filter((time) => time !== undefined);
  times.sort((one, other) => one - other);
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last] - times[first] > STORM.seconds) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function Facts({ rows, incidents }) {
  const facts = [];
  const limit = kills(rows).filter((row) => row.scope === 'memcg').length;
  const machine = kills(rows).filter((row) => row.scope === 'global').length;
  if (limit > 0) facts.push(t('facts_limit', { n: number(limit) }));
  if (machine > 0) facts.push(t('facts_machine', { n: number(machine) }));
  const nobody = rows.filter((row) => row.type === 'no_victim').length;
  if (nobody > 0) facts.push(t('facts_nobody', { n: number(nobody) }));
  const open = rows.filter((row) => row.type === 'report').length;
  if (open > 0) facts.push(t('facts_open', { n: number(open) }));
  const unplaced = kills(rows).filter((row) => !row.pod && !row.cgroup).length;
  if (unplaced > 0) facts.push(t('facts_unplaced', { n: number(unplaced) }));
  const most = storm(rows);
  if (most >= STORM.kills) facts.push(t('facts_storm', { n: number(most) }));
  const lost = rows.reduce((sum, row) => sum + (row.suppressed ?? 0), 0);
  if (lost > 0) facts.push(t('facts_suppressed', { n: number(lost) }));
  const evicted = kills(rows).filter((row) => row.type === 'eviction').length;
  if (evicted > 0) facts.push(t('facts_evicted', { n: number(evicted) }));
  const others = kills(rows).filter((row) => row.type === 'userspace_kill').length;
  if (others > 0) facts.push(t('facts_others', { n: number(others) }));
  const told = rows.filter((row) => row.type === 'notice' && row.under === undefined).length;
  const again = rows.filter((row) => row.under === -1).length;
  if (told > 0) facts.push(t('facts_bystanders', { n: number(told) }));
  if (again > 0) facts.push(t('facts_again', { n: number(again) }));
  const silent = incidents.filter(({ kubernetes }) => kubernetes === 'silent').length;
  if (silent > 0) facts.push(t('facts_silent', { n: number(silent) }));
  return (
    <ul class="facts">
      {facts.map((fact) => (
        <li key={fact}>{fact}</li>
      ))}
    </ul>
  );
}

/** Who speaks in the log, and how often; where the kernel alone does, nothing. */
function Voices({ rows, voice }) {
  const counts = new Map();
  for (const row of rows) counts.set(row.voice, (counts.get(row.voice) ?? 0) + 1);
  if (counts.size === 0 || (counts.size === 1 && counts.has('kernel'))) return null;
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  return (
    <div class="voices" role="group" aria-label={t('voices')}>
      <span class="quiet">{t('voices')}</span>
      {sorted.map(([name, n]) => (
        <button
          key={name}
          type="button"
          aria-pressed={voice === name}
          class={voice === name ? 'on' : ''}
          onClick={() => set({ voice: voice === name ? undefined : name })}
        >
          {name} <b>{number(n)}</b>
        </button>
      ))}
    </div>
  );
}

function Groups({ all, grouping, group }) {
  const [whole, setWhole] = useState(false);
  const most = all[0]?.kills ?? 1;
  const seen = whole ? all.slice(0, 200) : all.slice(0, SHOWN);
  return (
    <div class="groups">
      <fieldset class="tabs">
        <legend class="sr">{t('group_by')}</legend>
        {['pod', 'container', 'process', 'node'].map((name) => (
          <label key={name} class={grouping === name ? 'on' : ''}>
            <input
              type="radio"
              name="grouping"
              checked={grouping === name}
              onChange={() => set({ grouping: name, group: undefined })}
            />
            {t(`by_${name}`)}
          </label>
        ))}
      </fieldset>
      <ul>
        {seen.map(({ name, kills: n, colour }) => (
          <li key={String(name)}>
            <button
              type="button"
              aria-pressed={group === name}
              class={group === name ? 'on' : ''}
              onClick={() => set({ group: group === name ? undefined : name })}
            >
              <span class="name">{name ?? t('group_none')}</span>
              <span class="n">{number(n)}</span>
              <span class="bar" aria-hidden="true">
                <i
                  class={`b-${colour ?? 'rest'}`}
                  ref={(bar) => {
                    if (bar) bar.style.width = `${Math.max((n / most) * 100, 1)}%`;
                  }}
                />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {all.length > SHOWN && (
        <button type="button" class="link" onClick={() => setWhole(!whole)}>
          {whole ? t('fewer') : t('more_groups', { n: number(all.length - SHOWN) })}
        </button>
      )}
    </div>
  );
}

export const placeOf = (row) => {
  const place = [row.pod, row.container].filter(Boolean).join(' / ');
  return place || row.cgroup || (row.scope === 'global' ? t('the_machine') : t('no_place'));
};

export { groupOf };
