// The limit, and what filled it.

import { Stack } from '../charts/stack.jsx';
import { Figure } from '../parts/figure.jsx';
import { termOf } from '../parts/statistic.js';
import { Term } from '../parts/term.jsx';
import { Used } from '../parts/used.jsx';
import { bytes, number, percent, t } from '../texts.js';

/** What the kernel's memory is the sum of, before 5.18 gives it. */
const KERNEL = ['kernel ', 'kernel_stack ', 'pagetables ', 'sec_pagetables ', 'percpu ', 'vmalloc ', 'slab '];

/** The kernel's keys of a part, to find its line. */
const KEYS = {
  part_anon: 'anon ',
  part_cache: 'file ',
  part_shmem: 'shmem ',
  part_slab: 'slab ',
  part_other_kernel: KERNEL,
  part_kernel: KERNEL,
  part_sockets: 'sock ',
};

/** cgroup v1 counts the kernel's memory beside the statistics. */
const COUNTED = { part_kernel: { evidence: 'memcg_usage', counter: 'kmem' } };

const COUNTERS = [
  ['memory', 'counter_memory', 'usage'],
  ['memory_swap', 'counter_memory_swap', 'memory_swap'],
  ['swap', 'counter_swap', 'swap'],
  ['kmem', 'counter_kmem', 'kmem'],
];

export function Memory({ event, view }) {
  const { memory } = event;
  const of = view.cgroup_memory;
  if (!memory && !of) return null;
  const single = event.memcg_stats?.[0];
  const isLines = single && Object.hasOwn(single.values ?? {}, 'anon');
  return (
    <section class="card wide">
      <h3>{t('memory_title')}</h3>
      {of && (
        <Stack
          memory={of}
          limit={memory?.limit_bytes}
          from={{ evidence: 'memcg_stats' }}
          limitFrom={{ evidence: 'memcg_usage', counter: 'memory' }}
          keys={isLines ? KEYS : undefined}
          sources={event.kmem && !isLines ? COUNTED : undefined}
          label={t('memory_title')}
        />
      )}
      <table class="counters">
        <thead>
          <tr>
            <th scope="col">
              <span class="sr">{t('counter')}</span>
            </th>
            <th scope="col">
              <Term name="usage">{t('usage')}</Term>
            </th>
            <th scope="col">
              <Term name="limit">{t('limit')}</Term>
            </th>
            <th scope="col">
              <Term name="failcnt">failcnt</Term>
            </th>
          </tr>
        </thead>
        <tbody>
          {COUNTERS.map(([key, label, term]) => {
            const counter = event[key];
            if (!counter) return null;
            const from = { evidence: 'memcg_usage', counter: key };
            const { usage_bytes: usage, limit_bytes: limit, failcnt } = counter;
            return (
              <tr key={key}>
                <th scope="row">
                  <Term name={term}>{t(label)}</Term>
                </th>
                <td>
                  {usage !== undefined && (
                    <Figure from={from} label={t('usage')}>
                      {bytes(usage)}
                    </Figure>
                  )}
                  {limit > 0 && usage !== undefined && (
                    <>
                      <span class="quiet"> {percent(usage, limit)} %</span>
                      <Used of={usage} whole={limit} />
                    </>
                  )}
                </td>
                <td>
                  {limit === undefined ? (
                    <span class="quiet">{t('no_limit')}</span>
                  ) : (
                    <>
                      <Figure from={from} label={t('limit')}>
                        {bytes(limit)}
                      </Figure>
                      {limit === 0 && <span class="quiet"> {t('not_allowed')}</span>}
                    </>
                  )}
                </td>
                <td>
                  {failcnt !== undefined && (
                    <Figure from={from} label="failcnt">
                      {number(failcnt)}
                    </Figure>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <Statistics blocks={event.memcg_stats} />
    </section>
  );
}

/** Every figure of the statistics, for those who want them all. */
function Statistics({ blocks = [] }) {
  const all = blocks.filter(({ values }) => Object.keys(values).length > 0);
  if (all.length === 0) return null;
  const isSize = (key) => !/^(pg|workingset|thp|swpin|swpout|zswp|numa|total_pg|oom)/.test(key);
  return (
    <details class="statistics">
      <summary>{t('statistics', { n: number(all.length) })}</summary>
      {all.map(({ path, values }) => (
        <div key={path}>
          <p class="path">{path}</p>
          <dl>
            {Object.entries(values).map(([key, value]) => (
              <div key={key}>
                <dt>
                  <Term name={termOf(key)}>{key}</Term>
                </dt>
                <dd>
                  <Figure from={{ evidence: 'memcg_stats', key }} label={key}>
                    {isSize(key) ? bytes(value) : number(value)}
                  </Figure>
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </details>
  );
}
