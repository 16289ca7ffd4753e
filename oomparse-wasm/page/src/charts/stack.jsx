// What filled a limit: parts of a whole on one scale, with the limit drawn in.

import { axisBottom } from 'd3-axis';
import { scaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { useEffect, useRef } from 'preact/hooks';
import { useWidth } from '../parts/width.js';
import { Figure } from '../parts/figure.jsx';
import { Term } from '../parts/term.jsx';
import { bytes, number, percent, t } from '../texts.js';

const HEIGHT = 76;
const MARGIN = { top: 18, right: 14, bottom: 24, left: 2 };
const BAR = HEIGHT - MARGIN.top - MARGIN.bottom;

/** Steps of a scale of bytes: powers of two, not of ten. */
function byteTicks(most, count) {
  let step = 2 ** Math.ceil(Math.log2(Math.max(most, 1) / count));
  const ticks = [];
  for (let at = 0; at <= most; at += step) ticks.push(at);
  return ticks;
}

export const TERMS = {
  part_anon: 'anon',
  part_cache: 'page cache',
  part_files: 'file',
  part_shmem: 'shmem',
  part_slab: 'slab',
  part_kernel: 'kernel',
  part_other_kernel: 'kernel',
  part_anon_shmem: 'anon',
  part_unevictable: 'unevictable',
  part_slab_unreclaimable: 'slab',
  part_slab_reclaimable: 'slab',
  part_page_tables: 'pgtables',
  part_reserved: 'pages reserved',
};

export function Stack({ memory, limit, from, limitFrom, keys, sources, label }) {
  const box = useRef();
  const svg = useRef();
  const width = useWidth(box);
  const isBytes = memory.unit === 'bytes';
  const size = isBytes ? bytes : number;
  useEffect(() => {
    if (width > 0) draw(svg.current, { width, memory, limit, size, isBytes });
  }, [width, memory, limit]);
  return (
    <div class="stack" ref={box}>
      <svg ref={svg} class="chart" role="img" aria-label={label} width={width} height={HEIGHT} />
      <table class="parts">
        <caption class="sr">{label}</caption>
        <tbody>
          {memory.parts.map(({ key, label: name, size: part }, at) => (
            <tr key={key}>
              <th scope="row">
                <i class={`mark p-${at}`} aria-hidden="true" />
                <Term name={TERMS[key]}>{name}</Term>
              </th>
              <td>
                <Figure from={sources?.[key] ?? { ...from, key: keys?.[key] }} label={name}>
                  {size(part)}
                </Figure>
              </td>
              <td class="quiet">{percent(part, memory.whole)} %</td>
            </tr>
          ))}
        </tbody>
        {limit !== undefined && (
          <tfoot>
            <tr>
              <th scope="row">
                <i class="mark limit" aria-hidden="true" />
                <Term name="limit">{t('limit')}</Term>
              </th>
              <td>
                <Figure from={limitFrom} label={t('limit')}>
                  {size(limit)}
                </Figure>
              </td>
              <td />
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

function draw(node, { width, memory, limit, size, isBytes }) {
  const root = select(node);
  root.selectAll('*').remove();
  const most = Math.max(memory.whole, limit ?? 0);
  const x = scaleLinear().domain([0, most]).range([MARGIN.left, width - MARGIN.right]);
  let base = 0;
  root
    .append('rect')
    .attr('class', 'ground')
    .attr('x', x(0))
    .attr('y', MARGIN.top)
    .attr('width', x(most) - x(0))
    .attr('height', BAR);
  memory.parts.forEach(({ label, size: part }, at) => {
    const left = x(base);
    const wide = x(base + part) - left;
    root
      .append('rect')
      .attr('class', `p-${at}`)
      .attr('x', left)
      .attr('y', MARGIN.top)
      .attr('width', Math.max(wide - 1, 0.5))
      .attr('height', BAR)
      .append('title')
      .text(`${label} ${size(part)}`);
    const text = `${label} ${size(part)}`;
    if (wide > text.length * 7 + 12) {
      root
        .append('text')
        .attr('class', `on-p p-${at}-on`)
        .attr('x', left + 8)
        .attr('y', MARGIN.top + BAR / 2)
        .attr('dy', '0.35em')
        .text(text);
    }
    base += part;
  });
  if (limit !== undefined) {
    const at = x(limit);
    root.append('line').attr('class', 'limit').attr('x1', at).attr('x2', at).attr('y1', 4).attr('y2', MARGIN.top + BAR + 4);
    root
      .append('text')
      .attr('class', 'limit')
      .attr('x', at - 5)
      .attr('y', 12)
      .attr('text-anchor', 'end')
      .text(`${t('limit')} ${size(limit)}`);
  }
  const axis = axisBottom(x).tickSizeOuter(0).tickFormat(size);
  if (isBytes) axis.tickValues(byteTicks(most, Math.max(2, Math.floor(width / 110))));
  else axis.ticks(Math.max(2, Math.floor(width / 130)));
  const group = root.append('g').attr('class', 'axis').attr('transform', `translate(0,${MARGIN.top + BAR})`).call(axis);
  group.selectAll('text').attr('text-anchor', (_, at) => (at === 0 ? 'start' : 'middle'));
  const last = group.selectAll('text').nodes().at(-1);
  if (last) {
    const box = last.getBBox();
    const right = last.parentNode.transform.baseVal.consolidate().matrix.e + box.x + box.width;
    if (right > width) select(last).attr('text-anchor', 'end');
  }
}
