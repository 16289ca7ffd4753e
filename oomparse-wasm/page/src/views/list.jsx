// The kills, one under the other.

import { Virtual } from '../parts/virtual.jsx';
import { set } from '../state.js';
import { bytes, number, shortTime, t } from '../texts.js';
import { placeOf } from './overview.jsx';

const HEIGHT = 72;

export function List({ state, indexes, onShow }) {
  const { rows, chosen, search } = state;
  return (
    <section class="list" aria-label={t('list')}>
      <label class="search">
        <span class="sr">{t('search')}</span>
        <input
          type="search"
          value={search}
          placeholder={t('search')}
          onInput={(event) => set({ search: event.currentTarget.value })}
        />
        <span class="quiet">{number(indexes.length)}</span>
      </label>
      <Virtual
        items={indexes}
        height={HEIGHT}
        chosen={chosen}
        onChoose={onShow}
        label={t('list')}
        render={(index) => <Row row={rows[index]} />}
      />
    </section>
  );
}

function nameOf(row) {
  switch (row.type) {
    case 'no_victim':
      return t('nobody');
    case 'report':
      return t('unknown_victim');
    case 'eviction':
      return t('evicted');
    case 'notice':
      return row.comm ?? t('an_oom_kill');
    default:
      return row.comm ?? t('process');
  }
}

function Row({ row }) {
  const full = row.limit > 0 && row.rss !== undefined ? Math.min(row.rss / row.limit, 1) : undefined;
  const name = nameOf(row);
  return (
    <div class={`kill-row of-${row.type} ${row.scope ?? ''}`}>
      <span class="who">
        <b>{name}</b>
        {row.pid !== undefined && <span class="quiet"> {row.pid}</span>}
      </span>
      <span class="size">
        {row.voice !== 'kernel' && <span class="quiet">{row.voice} </span>}
        {row.rss !== undefined && bytes(row.rss)}
        {row.limit !== undefined && <span class="quiet"> / {bytes(row.limit)}</span>}
      </span>
      <span class="where">{placeOf(row)}</span>
      <span class="when quiet">
        {shortTime(row)}
      </span>
      {full !== undefined && (
        <span class="gauge" aria-hidden="true">
          <i
            ref={(bar) => {
              if (bar) bar.style.width = `${full * 100}%`;
            }}
          />
        </span>
      )}
    </div>
  );
}
