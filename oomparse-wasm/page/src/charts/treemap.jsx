// The processes as areas of their resident pages.

import { hierarchy, treemap } from 'd3-hierarchy';
import { useRef } from 'preact/hooks';
import { useWidth } from '../parts/width.js';
import { number, percent, t } from '../texts.js';

const HEIGHT = 220;
/** Processes past this many are one area. */
const MOST = 60;

export function Treemap({ tasks, chosen, next, hovered, onHover }) {
  const box = useRef();
  const width = useWidth(box);
  const sized = tasks.filter((task) => task.rss_pages > 0).sort((one, other) => other.rss_pages - one.rss_pages);
  const children = sized.slice(0, MOST).map((task) => ({ task, size: task.rss_pages }));
  const rest = sized.slice(MOST).reduce((sum, task) => sum + task.rss_pages, 0);
  if (rest > 0) children.push({ size: rest, others: sized.length - MOST });
  if (children.length < 2) return null;
  const sum = children.reduce((all, { size }) => all + size, 0);
  const leaves =
    width > 0
      ? treemap().size([width, HEIGHT]).padding(1.5).round(true)(hierarchy({ children }).sum((node) => node.size ?? 0)).leaves()
      : [];
  const label = t('treemap_of', { n: number(sized.length) });
  return (
    <div ref={box}>
      <svg class="chart treemap" role="img" aria-label={label} width={width} height={HEIGHT}>
        {leaves.map(({ x0, x1, y0, y1, data }) => {
          const { task, size, others } = data;
          const name = task ? (task.comm ?? `pid ${task.pid}`) : t('others', { n: number(others) });
          const kind = task?.pid === chosen ? 'victim' : task && task.pid === next ? 'next' : 'other';
          const wide = x1 - x0;
          const high = y1 - y0;
          const letters = Math.floor((wide - 12) / 7.2);
          const cut = (text) => (text.length > letters ? `${text.slice(0, Math.max(letters - 1, 0))}…` : text);
          return (
            <g
              key={task?.pid ?? 'rest'}
              class={`${kind}${task && hovered === task.pid ? ' hovered' : ''}`}
              transform={`translate(${x0},${y0})`}
              onMouseEnter={() => onHover(task?.pid)}
              onMouseLeave={() => onHover(undefined)}
            >
              <rect width={wide} height={high} rx="3" />
              <title>{`${name}${task ? ` (${task.pid})` : ''} ${number(size)} · ${percent(size, sum)} %`}</title>
              {high > 20 && letters > 3 && (
                <text x="6" y="15">
                  {cut(name)}
                </text>
              )}
              {high > 36 && letters > 5 && (
                <text x="6" y="30" class="small">
                  {cut(`${percent(size, sum)} %`)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
}
