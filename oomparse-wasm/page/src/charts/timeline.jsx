// Kills over time, in columns; a range is brushed with the pointer or set with the arrow keys.

import { bin, max } from 'd3-array';
import { axisBottom, axisLeft } from 'd3-axis';
import { brushX } from 'd3-brush';
import { format } from 'd3-format';
import { scaleLinear, scaleUtc } from 'd3-scale';
import { select } from 'd3-selection';
import { useEffect, useRef } from 'preact/hooks';
import { useWidth } from '../parts/width.js';
import { clockOf, groupOf, kills } from '../state.js';
import { number, t } from '../texts.js';

const HEIGHT = 190;
const MARGIN = { top: 8, right: 12, bottom: 24, left: 40 };
const SERIES = 5;

export function Timeline({ rows, grouping, group, range, onRange }) {
  const box = useRef();
  const svg = useRef();
  const width = useWidth(box);
  const { isWall, seconds } = clockOf(rows);
  const timed = kills(rows).filter((row) => seconds(row) !== undefined);
  const times = timed.map(seconds);
  const from = Math.min(...(times.length < 1e5 ? times : [times[0]]));
  const to = times.reduce((most, time) => Math.max(most, time), from);
  const isLine = times.length > 1 && to > from;
  useEffect(() => {
    if (isLine && width > 0) draw(svg.current, { width, timed, seconds, isWall, grouping, group, range, onRange });
  }, [rows.length, width, grouping, group, range, isLine, document.documentElement.lang]);
  return (
    <div class="timeline" ref={box}>
      {isLine ? (
        <svg
          ref={svg}
          class="chart"
          role="img"
          aria-label={t('timeline_of', { n: number(timed.length) })}
          height={HEIGHT}
          width={width}
        />
      ) : (
        timed.length > 1 && <p class="quiet">{t('timeline_moment', { n: number(timed.length) })}</p>
      )}
      {isLine && <Range {...{ from, to, range, onRange, isWall }} />}
    </div>
  );
}

/** The range for those who use no pointer. */
function Range({ from, to, range, onRange, isWall }) {
  const [low, high] = range ?? [from, to];
  const said = (time) => (isWall ? new Date(time * 1000).toISOString().slice(0, 19).replace('T', ' ') : `${time.toFixed(1)} s`);
  const step = Math.max((to - from) / 100, 0.001);
  const change = (at, value) => {
    const next = [low, high];
    next[at] = value;
    onRange(next[0] <= next[1] ? next : [next[1], next[0]]);
  };
  const slider = (at, value, label) => (
    <label>
      <span>{label}</span>
      <input
        type="range"
        min={from}
        max={to}
        step={step}
        value={value}
        aria-valuetext={said(value)}
        onInput={(event) => change(at, Number(event.currentTarget.value))}
      />
    </label>
  );
  return (
    <div class="range">
      <span class="sr">
        {slider(0, low, t('range_from'))}
        {slider(1, high, t('range_to'))}
      </span>
      {range && (
        <>
          <span>{t('range_shown', { from: said(low), to: said(high) })}</span>
          <button type="button" onClick={() => onRange(undefined)}>
            {t('range_all')}
          </button>
        </>
      )}
    </div>
  );
}

/** The names with most kills, which have a colour each. */
export function series(rows, grouping) {
  const counts = new Map();
  let next = 0;
  for (const row of kills(rows)) {
    const name = groupOf(row, grouping) ?? null;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort((one, other) => other[1] - one[1] || String(one[0]).localeCompare(String(other[0])))
    .map(([name, kills]) => {
      // What has no name has no colour of its own.
      const colour = name !== null && next < SERIES ? next++ : undefined;
      return { name, kills, colour };
    });
}

/** As much of a moment as distinguishes it from its neighbours: `2026`, `01-05`, `03:00`, `03:00:15`, `15.250`. */
function tick(time) {
  const text = time.toISOString();
  if (!text.endsWith('.000Z')) return text.slice(17, 23);
  if (!text.endsWith(':00.000Z')) return text.slice(11, 19);
  if (!text.endsWith('T00:00:00.000Z')) return text.slice(11, 16);
  return text.endsWith('-01-01T00:00:00.000Z') ? text.slice(0, 4) : text.slice(5, 10);
}

function draw(node, { width, timed, seconds, isWall, grouping, group, range, onRange }) {
  const root = select(node);
  root.selectAll('*').remove();
  const plain = timed.map(seconds);
  const low = plain.reduce((least, time) => Math.min(least, time), plain[0]);
  const high = plain.reduce((most, time) => Math.max(most, time), plain[0]);
  const pad = (high - low) * 0.01;
  const domain = [low - pad, high + pad];
  const x = (isWall ? scaleUtc() : scaleLinear())
    .domain(isWall ? domain.map((time) => new Date(time * 1000)) : domain)
    .range([MARGIN.left, width - MARGIN.right]);
  const columns = Math.max(20, Math.min(120, Math.floor(width / 9)));
  const step = (domain[1] - domain[0]) / columns;
  const bins = bin()
    .value(seconds)
    .domain(domain)
    .thresholds(Array.from({ length: columns - 1 }, (_, at) => domain[0] + (at + 1) * step))(timed);
  const y = scaleLinear()
    .domain([0, max(bins, (column) => column.length)])
    .nice(4)
    .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  const colours = new Map(series(timed, grouping).map(({ name, colour }) => [name, colour]));
  const ticks = y.ticks(4).filter(Number.isInteger);
  root
    .append('g')
    .attr('class', 'grid')
    .selectAll('line')
    .data(ticks)
    .join('line')
    .attr('x1', MARGIN.left)
    .attr('x2', width - MARGIN.right)
    .attr('y1', y)
    .attr('y2', y);
  const at = (time) => x(isWall ? new Date(time * 1000) : time);
  for (const column of bins) {
    const parts = new Map();
    for (const row of column) {
      const name = groupOf(row, grouping) ?? null;
      const colour = colours.get(name) ?? 'rest';
      const key = group !== undefined && name !== group ? 'faint' : colour;
      parts.set(key, (parts.get(key) ?? 0) + 1);
    }
    let base = 0;
    const order = [...parts].sort(([one], [other]) => String(one).localeCompare(String(other)));
    for (const [colour, n] of order) {
      const left = at(column.x0) + 0.5;
      root
        .append('rect')
        .attr('class', `c-${colour}`)
        .attr('x', left)
        .attr('width', Math.max(1.5, at(column.x1) - left - 0.5))
        .attr('y', y(base + n))
        .attr('height', y(base) - y(base + n))
        .append('title')
        .text(`${n}`);
      base += n;
    }
  }
  const bottom = axisBottom(x).ticks(Math.max(2, Math.floor(width / 130))).tickSizeOuter(0);
  bottom.tickFormat(isWall ? tick : (time) => `${format(',')(time)} s`);
  root.append('g').attr('class', 'axis').attr('transform', `translate(0,${HEIGHT - MARGIN.bottom})`).call(bottom);
  root
    .append('g')
    .attr('class', 'axis')
    .attr('transform', `translate(${MARGIN.left},0)`)
    .call(axisLeft(y).tickValues(ticks).tickFormat(format(',')).tickSizeOuter(0));
  const brush = brushX()
    .extent([
      [MARGIN.left, MARGIN.top],
      [width - MARGIN.right, HEIGHT - MARGIN.bottom],
    ])
    .on('end', ({ selection, sourceEvent }) => {
      if (!sourceEvent) return;
      const time = (pixel) => (isWall ? x.invert(pixel).getTime() / 1000 : x.invert(pixel));
      onRange(selection ? selection.map(time) : undefined);
    });
  const layer = root.append('g').attr('class', 'brush').call(brush);
  if (range) brush.move(layer, range.map(at));
}
