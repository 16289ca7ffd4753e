// Zones against their watermarks, and their free blocks by size.

import { max } from 'd3-array';
import { axisBottom } from 'd3-axis';
import { scaleBand, scaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { useEffect, useRef } from 'preact/hooks';
import { Figure, usePoint } from '../parts/figure.jsx';
import { Term } from '../parts/term.jsx';
import { useWidth } from '../parts/width.js';
import { bytes, number, pages, t } from '../texts.js';
import { isFragmented } from '../views/why.js';

export function Zones({ zones, request, order }) {
  const told = request && zones.zones.some((zone) => request.why(zone));
  return (
    <div class="zones">
      {told && <p>{t(order > 0 ? 'zones_asked' : 'zones_asked_page', { pages: pages(2 ** order), zone: request.top })}</p>}
      {zones.zones.map((zone) => (
        <Zone key={`${zone.node} ${zone.name}`} {...{ zone, request }} />
      ))}
      {zones.lists.length > 0 && (
        <>
          <h4>
            <Term name="free_list">{t('free_list')}</Term>
          </h4>
          <div class="lists">
            {zones.lists.map((list) => (
              <FreeList key={`${list.node} ${list.name}`} list={list} order={order} />
            ))}
          </div>
        </>
      )}
    </div>
  );
}

function Zone({ zone, request }) {
  const { free, min, low, high, managed, present, line } = zone;
  const pointing = usePoint({ line });
  const why = request?.why(zone);
  // The marks are near the left edge of a zone; what is free beyond twice the highest is cut off.
  const most = Math.max(high * 1.6, Math.min(free, high * 3), 1);
  const at = (size) => `${(Math.min(size, most) / most) * 100}%`;
  const state = free < min ? 'below_min' : free < low ? 'below_low' : free < high ? 'below_high' : 'above_high';
  const bar = (name, size) => (
    <i
      class={`mark-${name}`}
      ref={(mark) => {
        if (mark) mark.style.left = at(size);
      }}
    />
  );
  return (
    <div class={`zone ${state}`} {...pointing}>
      <div class="zone-name">
        <Term name="zone">{t('zone', { node: zone.node, name: zone.name })}</Term>
      </div>
      <div class="zone-bar" aria-hidden="true">
        <b
          ref={(fill) => {
            if (fill) fill.style.width = at(free);
          }}
        />
        {bar('min', min)}
        {bar('low', low)}
        {bar('high', high)}
      </div>
      <div class="zone-said">
        <Figure line={line} label={t('free')}>
          {t('zone_free', { size: bytes(free) })}
        </Figure>{' '}
        <strong>{t(state)}</strong>{' '}
        <span class="quiet">
          <Term name="watermark">{t('marks', { min: bytes(min), low: bytes(low), high: bytes(high) })}</Term>
          {managed !== undefined && ` · ${t('managed', { size: bytes(managed) })}`}
          {managed === undefined && present !== undefined && ` · ${t('present', { size: bytes(present) })}`}
        </span>
        {why && (
          <span class="why">
            <Term name={why === 'why_reserve' ? 'lowmem_reserve' : 'free_list'}>
              {t(why, {
                size: bytes(why === 'why_reserve' ? request.reserve(zone) * request.page : request.page * 2 ** request.order),
              })}
            </Term>
          </span>
        )}
      </div>
    </div>
  );
}

const HEIGHT = 108;
const MARGIN = { top: 14, right: 4, bottom: 22, left: 4 };

function FreeList({ list, order }) {
  const svg = useRef();
  const box = useRef();
  const width = useWidth(box);
  useEffect(() => {
    if (width > 0) draw(svg.current, list, order, width);
  }, [list, order, width]);
  const pointing = usePoint({ line: list.line });
  const largest = list.blocks.reduce((most, [size, n]) => (n > 0 ? Math.max(most, size) : most), 0);
  return (
    <figure class="free-list" ref={box} {...pointing}>
      <figcaption>
        {t('zone', { node: list.node, name: list.name })}{' '}
        <Figure line={list.line} label={t('free')}>
          {t('list_total', { total: bytes(list.total), largest: bytes(largest) })}
        </Figure>
        {isFragmented(list.blocks) && (
          <strong>
            {' '}
            <Term name="fragmentation">{t('fragmented', { size: bytes(list.blocks[3][0]) })}</Term>
          </strong>
        )}
      </figcaption>
      <svg
        ref={svg}
        class="chart"
        role="img"
        width={width}
        height={HEIGHT}
        aria-label={list.blocks.map(([size, n]) => `${bytes(size)}: ${number(n)}`).join(', ')}
      />
    </figure>
  );
}

function draw(node, list, order, width) {
  const root = select(node);
  root.selectAll('*').remove();
  const x = scaleBand()
    .domain(list.blocks.map((_, at) => at))
    .range([MARGIN.left, width - MARGIN.right])
    .padding(0.18);
  const y = scaleLinear()
    .domain([0, max(list.blocks, ([size, n]) => size * n) || 1])
    .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  list.blocks.forEach(([size, n], at) => {
    const top = n > 0 ? Math.min(y(size * n), HEIGHT - MARGIN.bottom - 2) : HEIGHT - MARGIN.bottom;
    const short = order !== undefined && order > 0 && at < order;
    root
      .append('rect')
      .attr('class', short ? 'block-small' : 'block')
      .attr('x', x(at))
      .attr('width', x.bandwidth())
      .attr('y', top)
      .attr('height', HEIGHT - MARGIN.bottom - top)
      .append('title')
      .text(`${number(n)} × ${bytes(size)}`);
    root
      .append('text')
      .attr('class', 'count')
      .attr('x', x(at) + x.bandwidth() / 2)
      .attr('y', top - 3)
      .attr('text-anchor', 'middle')
      .text(n >= 10000 ? `${Math.round(n / 1000)}k` : n);
  });
  const short = (size) => (size >= 1 << 20 ? `${size / (1 << 20)}M` : `${size / 1024}K`);
  root
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(0,${HEIGHT - MARGIN.bottom})`)
    .call(
      axisBottom(x)
        .tickSize(0)
        .tickPadding(6)
        .tickFormat((at) => (width > 240 || at % 2 === 0 ? short(list.blocks[at][0]) : '')),
    );
}
