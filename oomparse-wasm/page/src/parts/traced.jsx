// Sentences whose figures say which lines of the log they were read from.

import { useContext } from 'preact/hooks';
import { bytes, number, pages } from '../texts.js';
import { Figure, Lines } from './figure.jsx';

/** What a sentence may hold of figures: sizes, pages, a process's id, its adjustment and score, counts. */
const FIGURES =
  /(\d[\d,]*(?:\.\d)? (?:B|[KMGTPE]iB)\b|\d[\d,]* pages?\b|\d[\d,]* 页|pid \d+|oom_score_adj -?\d+|(?:score|得分) -?\d+|\d[\d,]* (?:times|次)|\d[\d,]* (?:processes|个进程))/;

/** The figures of an event as sentences write them, each with where it stands in the log. */
function figuresOf({ memory, memory_swap, swap, kmem, victim = {}, selected, invoker = {}, meminfo = {}, memcg_stats = [], tasks = [] }) {
  const all = new Map();
  const put = (text, from) => text !== undefined && !all.has(text) && all.set(text, from);
  const size = (value, from) => value > 0 && put(bytes(value), from);
  const killed = { evidence: 'killed', pid: victim.pid };
  const { anon_rss_bytes: anon = 0, file_rss_bytes: file = 0, shmem_rss_bytes: shmem = 0 } = victim;
  size(victim.rss_bytes ?? anon + file + shmem, killed);
  // What cannot be dropped of it.
  size(anon + shmem, killed);
  for (const [key, value] of Object.entries(victim)) if (key.endsWith('_bytes')) size(value, killed);
  for (const [counter, of] of Object.entries({ memory, memory_swap, swap, kmem })) {
    const from = { evidence: 'memcg_usage', counter };
    size(of?.limit_bytes, from);
    size(of?.usage_bytes, from);
    if (of?.failcnt) for (const word of ['times', '次']) put(`${number(of.failcnt)} ${word}`, from);
  }
  for (const { values } of memcg_stats) {
    for (const [key, value] of Object.entries(values)) size(value, { evidence: 'memcg_stats', key: `${key} ` });
  }
  for (const [key, value] of Object.entries(meminfo)) {
    if (key.endsWith('_bytes')) size(value, { evidence: 'meminfo', key: key.startsWith('free') ? 'Free swap' : 'Total swap' });
  }
  if (invoker.order > 0) put(pages(2 ** invoker.order), { evidence: 'invoked' });
  if (invoker.pid !== undefined) put(`pid ${invoker.pid}`, { evidence: ['invoked', 'task_info'] });
  all.delete(`pid ${victim.pid}`);
  put(`pid ${victim.pid}`, { ...killed, evidence: ['killed', 'summary'] });
  if (selected) put(`pid ${selected.pid}`, { evidence: 'selected' });
  for (const { pid, rss_pages: rss } of tasks.slice(0, 500)) {
    put(`pid ${pid}`, { evidence: 'tasks', pid });
    if (rss > 0) put(pages(rss), { evidence: 'tasks', pid });
  }
  const chosen = { evidence: ['killed', 'selected', 'tasks'], pid: victim.pid };
  for (const word of ['score', '得分']) put(`${word} ${victim.oom_score}`, chosen);
  put(`oom_score_adj ${victim.oom_score_adj}`, chosen);
  for (const word of ['processes', '个进程']) put(`${number(tasks.length)} ${word}`, { evidence: 'tasks' });
  return all;
}

/** A sentence; `voice` where all of it comes from lines of another than the kernel. */
export function Traced({ children: text, voice }) {
  const context = useContext(Lines);
  if (!context.event || !context.lines.length) return <>{text}</>;
  context.figures ??= figuresOf(context.event);
  return text.split(FIGURES).map((piece, at) => {
    const from = voice ? { evidence: voice } : context.figures.get(piece);
    if (at % 2 === 0 || !from) return piece;
    return (
      <Figure key={at} from={from} label={piece}>
        {piece}
      </Figure>
    );
  });
}
