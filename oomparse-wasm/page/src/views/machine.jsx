// The machine's memory, zones and swap, where it was the machine that ran out.

import { Stack } from '../charts/stack.jsx';
import { Zones } from '../charts/zones.jsx';
import { Figure } from '../parts/figure.jsx';
import { bytes, number, pages, percent, t } from '../texts.js';

const KEYS = {
  part_free: ' free:',
  part_unevictable: 'unevictable:',
  part_slab_unreclaimable: 'slab_unreclaimable:',
  part_slab_reclaimable: 'slab_reclaimable:',
  part_page_tables: 'pagetables:',
  part_anon_shmem: 'active_anon:',
  part_cache: 'active_file:',
};

const MORE = [
  ['dirty_pages', 'dirty', 'dirty:'],
  ['writeback_pages', 'writeback', 'writeback:'],
  ['mapped_pages', 'mapped', 'mapped:'],
  ['shmem_pages', 'shmem', 'shmem:'],
  ['pagecache_pages', 'pagecache', 'pagecache'],
  ['swapcache_pages', 'swapcache', 'swap cache'],
  ['reserved_pages', 'reserved', 'reserved'],
  ['highmem_pages', 'highmem', 'HighMem'],
];

export function Machine({ event, view, zones }) {
  const { meminfo } = event;
  const hasZones = zones.zones.length + zones.lists.length > 0;
  if (!meminfo && !hasZones) return null;
  const order = event.invoker?.order;
  return (
    <section class="card wide">
      <h3>{t('machine_title')}</h3>
      {meminfo?.ram_pages !== undefined && (
        <p class="quiet">
          {t('ram')}{' '}
          <Figure from={{ evidence: 'meminfo', key: 'pages RAM' }} label={t('ram')}>
            {pages(meminfo.ram_pages)}
          </Figure>{' '}
          {t('page_size')}
        </p>
      )}
      {view.machine_memory && (
        <Stack memory={view.machine_memory} from={{ evidence: 'meminfo' }} keys={KEYS} label={t('machine_title')} />
      )}
      {meminfo && <Swap meminfo={meminfo} />}
      {meminfo && (
        <dl class="figures-inline">
          {MORE.map(([key, label, word]) =>
            meminfo[key] === undefined ? null : (
              <div key={key}>
                <dt>{t(`mem_${label}`)}</dt>
                <dd>
                  <Figure from={{ evidence: 'meminfo', key: word }} label={t(`mem_${label}`)}>
                    {number(meminfo[key])}
                  </Figure>
                </dd>
              </div>
            ),
          )}
        </dl>
      )}
      {hasZones && <Zones zones={zones} order={order} />}
    </section>
  );
}

function Swap({ meminfo: { free_swap_bytes: free, total_swap_bytes: total } }) {
  if (total === undefined) return null;
  if (total === 0) return <p>{t('no_swap')}</p>;
  const used = total - (free ?? 0);
  return (
    <div class="usage">
      <span>{t('swap')}</span>
      <span class="usage-bar" aria-hidden="true">
        <i
          ref={(bar) => {
            if (bar) bar.style.width = `${percent(used, total)}%`;
          }}
        />
      </span>
      <Figure from={{ evidence: 'meminfo', key: 'swap' }} label={t('swap')}>
        {t('used_of', { used: bytes(used), whole: bytes(total) })}
      </Figure>
    </div>
  );
}
