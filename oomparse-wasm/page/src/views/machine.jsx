// The machine's memory, zones and swap, where it was the machine that ran out.

import { Stack } from '../charts/stack.jsx';
import { Zones } from '../charts/zones.jsx';
import { Figure } from '../parts/figure.jsx';
import { machineFigures } from '../parts/meminfo.js';
import { Term } from '../parts/term.jsx';
import { Used } from '../parts/used.jsx';
import { bytes, number, pages, percent, t } from '../texts.js';
import { pageOf } from './why.js';

const KEYS = {
  part_free: ' free:',
  part_unevictable: 'unevictable:',
  part_slab_unreclaimable: 'slab_unreclaimable:',
  part_slab_reclaimable: 'slab_reclaimable:',
  part_page_tables: 'pagetables:',
  part_reserved: 'pages reserved',
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
  ['highmem_pages', 'highmem', 'HighMem'],
];

export function Machine({ event, view, zones, lines, request }) {
  const { meminfo } = event;
  const hasZones = zones.zones.length + zones.lists.length > 0;
  if (!meminfo && !hasZones) return null;
  const page = pageOf(zones);
  const whole = (n) => (page ? `${pages(n)} = ${bytes(n * page)}` : pages(n));
  return (
    <section class="card wide">
      <h3>{t('machine_title')}</h3>
      {meminfo?.ram_pages !== undefined && (
        <p class="quiet">
          {t('ram')}{' '}
          <Figure from={{ evidence: 'meminfo', key: 'pages RAM' }} label={t('ram')}>
            {whole(meminfo.ram_pages)}
          </Figure>
          {meminfo.free_pages !== undefined && t('list_comma')}
          {meminfo.free_pages !== undefined && (
            <Figure from={{ evidence: 'meminfo', key: [' free:', 'pages RAM'] }} label={t('free')}>
              {t('ram_used', { share: percent(meminfo.ram_pages - meminfo.free_pages, meminfo.ram_pages) })}
            </Figure>
          )}{' '}
          {page ? t('page_shown', { size: bytes(page) }) : t('page_size')}
        </p>
      )}
      {view.machine_memory && (
        <Stack memory={view.machine_memory} from={{ evidence: 'meminfo' }} keys={KEYS} label={t('machine_title')} />
      )}
      {meminfo && <Swap {...{ meminfo, page }} />}
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
      <All figures={machineFigures(lines)} page={page} />
      {hasZones && <Zones {...{ zones, request, order: event.invoker?.order }} />}
    </section>
  );
}

/** Every figure of the block, for those who want them all. */
function All({ figures, page }) {
  if (figures.length === 0) return null;
  return (
    <details class="statistics">
      <summary>{t('machine_all', { n: number(figures.length) })}</summary>
      <dl>
        {figures.map(([key, size, unit, line]) => (
          <div key={key}>
            <dt>
              <Term name={key}>{key}</Term>
            </dt>
            <dd>
              <Figure line={line} label={key}>
                {unit === 'bytes' ? bytes(size) : number(size)}
              </Figure>
              {unit === 'pages' && page && size > 0 && <span class="quiet"> {bytes(size * page)}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Swap({ meminfo: { free_swap_bytes: free, total_swap_bytes: total, swapcache_pages: cached }, page }) {
  if (total === undefined) return null;
  if (total === 0) return <p>{t('no_swap')}</p>;
  const used = total - (free ?? 0);
  return (
    <div class="usage">
      <span>{t('swap')}</span>
      <Used of={used} whole={total} />
      <Figure from={{ evidence: 'meminfo', key: ['Free swap', 'Total swap'] }} label={t('swap')}>
        {t('used_of', { used: bytes(used), whole: bytes(total) })}
      </Figure>
      {cached > 0 && page && <span class="quiet">{t('of_it_cached', { size: bytes(cached * page) })}</span>}
    </div>
  );
}
