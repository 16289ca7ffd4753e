// The processes of the report: as areas, and in a table with what the kernel chose by.

import { useState } from 'preact/hooks';
import { Treemap } from '../charts/treemap.jsx';
import { Figure, usePoint } from '../parts/figure.jsx';
import { Term } from '../parts/term.jsx';
import { bytes, number, t } from '../texts.js';

/** Rows drawn before one asks for all. */
const SHOWN = 12;
/** Nearly every machine's, where the log does not say. */
const USUAL = 4096;

/**
 * What the kernel chose by, in pages: resident, swapped, page tables, and the adjustment in thousandths of what
 * is allowed. Nothing where that is not known, or the process may not be killed.
 */
export function badness(task, allowed, page = USUAL) {
  if (task.rss_pages === undefined) return undefined;
  const adj = task.oom_score_adj;
  if (adj === undefined || adj === -1000) return undefined;
  if (adj !== 0 && !allowed) return undefined;
  const tables = task.pgtables_bytes !== undefined ? task.pgtables_bytes / page : (task.nr_ptes_pages ?? 0) + (task.nr_pmds_pages ?? 0);
  return Math.round(task.rss_pages + (task.swapents_pages ?? 0) + tables + (adj / 1000) * (allowed ?? 0));
}

/** Pages that the kernel reckons the adjustment by: the limit with swap, or all of the machine. */
function allowedPages({ scope, memory, memory_swap: both, swap, meminfo }, page) {
  if (scope === 'memcg') {
    if (both?.limit_bytes !== undefined) return both.limit_bytes / page;
    if (memory?.limit_bytes === undefined) return undefined;
    return (memory.limit_bytes + (swap?.limit_bytes ?? 0)) / page;
  }
  if (meminfo?.ram_pages === undefined) return undefined;
  return meminfo.ram_pages - (meminfo.reserved_pages ?? 0) + (meminfo.total_swap_bytes ?? 0) / page;
}

const COLUMNS = [
  ['comm', 'process', undefined],
  ['pid', 'PID', undefined],
  ['leader', 'TGID', 'tgid'],
  ['uid', 'UID', undefined],
  ['rss_pages', 'rss', 'rss'],
  ['rss_anon_pages', 'rss_anon', 'anon'],
  ['rss_file_pages', 'rss_file', 'file'],
  ['rss_shmem_pages', 'rss_shmem', 'shmem'],
  ['swapents_pages', 'swap', 'swapents'],
  ['tables', 'pgtables', 'pgtables'],
  ['total_vm_pages', 'total_vm', 'total_vm'],
  ['oom_score_adj', 'oom_score_adj', 'oom_score_adj'],
  ['oom_adj', 'oom_adj', 'oom_adj'],
  ['badness', 'badness', 'badness'],
];

export function Processes({ event, page: shown }) {
  const page = shown ?? USUAL;
  const [by, setBy] = useState('rss_pages');
  const [down, setDown] = useState(true);
  const [whole, setWhole] = useState(false);
  const [hovered, setHovered] = useState();
  const { tasks = [], victim, selected, invoker } = event;
  if (tasks.length === 0) return null;
  const allowed = allowedPages(event, page);
  const rows = tasks.map((task) => ({
    ...task,
    tables: task.pgtables_bytes ?? (task.nr_ptes_pages === undefined ? undefined : (task.nr_ptes_pages + (task.nr_pmds_pages ?? 0)) * page),
    // Of nearly all rows the thread is its process.
    leader: tasks.some(({ pid, tgid }) => tgid !== undefined && tgid !== pid) ? task.tgid : undefined,
    badness: badness(task, allowed, page),
  }));
  const chosen = victim?.pid ?? selected?.pid;
  const candidates = rows.filter((row) => row.badness !== undefined && row.pid !== chosen);
  const next = candidates.reduce((most, row) => (most && most.badness >= row.badness ? most : row), undefined);
  const value = (row) => row[by] ?? (typeof rows[0][by] === 'string' ? '' : -Infinity);
  const sorted = [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    const order = a < b ? -1 : a > b ? 1 : one.pid - other.pid;
    return down ? -order : order;
  });
  const columns = COLUMNS.filter(([key]) => rows.some((row) => row[key] !== undefined));
  const head = whole ? sorted : sorted.slice(0, SHOWN);
  // The victim is never out of sight.
  if (!whole && chosen !== undefined && !head.some((row) => row.pid === chosen)) {
    head.push(...sorted.filter((row) => row.pid === chosen));
  }
  const sort = (key) => {
    if (key === by) setDown(!down);
    else {
      setBy(key);
      setDown(key !== 'comm' && key !== 'pid');
    }
  };
  return (
    <section class="card wide">
      <h3>{t('processes', { n: number(tasks.length) })}</h3>
      <Treemap tasks={tasks} chosen={chosen} next={next?.pid} hovered={hovered} onHover={setHovered} />
      <p class="key">
        <i class="mark victim" aria-hidden="true" /> {t('killed')}
        {next && (
          <>
            {' '}
            <i class="mark next" aria-hidden="true" /> {t('next_in_line', { who: `${next.comm ?? ''} (${next.pid})` })}
          </>
        )}
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label={t('processes', { n: number(tasks.length) })}>
        <table class="tasks">
          <thead>
            <tr>
              {columns.map(([key, label, term]) => (
                <th key={key} scope="col" aria-sort={by === key ? (down ? 'descending' : 'ascending') : 'none'}>
                  <button type="button" onClick={() => sort(key)}>
                    {label === 'process' ? t('process') : label}
                    {by === key ? (down ? ' ↓' : ' ↑') : ''}
                  </button>
                  {term && <Term name={term}>?</Term>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {head.map((row) => (
              <Task key={row.pid} {...{ row, columns, chosen, invoker, next: next?.pid, hovered, setHovered }} />
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > SHOWN && (
        <button type="button" class="link" onClick={() => setWhole(!whole)}>
          {whole ? t('fewer') : t('all_processes', { n: number(sorted.length) })}
        </button>
      )}
      <p class="quiet">
        {t(shown ? 'tasks_pages_of' : 'tasks_pages', { size: bytes(page) })}{' '}
        {candidates.length > 0 && t('tasks_badness', { size: bytes(page) })}
      </p>
    </section>
  );
}

function Task({ row, columns, chosen, invoker, next, hovered, setHovered }) {
  const pointing = usePoint({ from: { evidence: 'tasks', pid: row.pid } });
  const kind = row.pid === chosen ? 'victim' : row.pid === next ? 'next' : '';
  const shown = (key) => {
    if (row[key] === undefined) return key === 'badness' && row.oom_score_adj === -1000 ? t('never') : '–';
    if (key === 'comm') return row.comm;
    if (key === 'tables') return bytes(row.tables);
    if (key === 'pid' || key === 'uid' || key === 'leader' || key.endsWith('adj')) return row[key];
    return number(row[key]);
  };
  return (
    <tr
      class={`${kind}${hovered === row.pid ? ' hovered' : ''}`}
      title={pointing.title}
      onMouseEnter={() => {
        setHovered(row.pid);
        pointing.onMouseEnter?.();
      }}
      onMouseLeave={() => {
        setHovered(undefined);
        pointing.onMouseLeave?.();
      }}
    >
      {columns.map(([key]) =>
        key === 'comm' ? (
          <th key={key} scope="row">
            {shown(key)}
            {kind === 'victim' && <span class="tag">{t('killed')}</span>}
            {kind === 'next' && <span class="tag">{t('next')}</span>}
            {row.pid === invoker?.pid && <span class="tag asked">{t('tag_asked')}</span>}
          </th>
        ) : (
          <td key={key}>
            {key === 'rss_pages' ? (
              <Figure from={{ evidence: 'tasks', pid: row.pid }} label="rss">
                {shown(key)}
              </Figure>
            ) : (
              shown(key)
            )}
          </td>
        ),
      )}
    </tr>
  );
}
