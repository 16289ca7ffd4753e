// Why a zone could not give what was asked for: the kernel's own test (`__zone_watermark_ok`) with the figures that it
// printed.

/** From the bottom: an allocation takes from its zone and from those below. */
const ZONES = ['DMA', 'DMA32', 'Normal', 'HighMem', 'Movable', 'Device'];

/** Who may go below the marks; the printed figures do not show how far. */
const URGENT = /^(GFP_ATOMIC|__GFP_HIGH|__GFP_ATOMIC|__GFP_MEMALLOC)$/;

/** Larger blocks than of this order nobody is killed for. */
const COSTLY = 3;

/** The smallest block is a page. */
export const pageOf = ({ lists }) => lists[0]?.blocks[0]?.[0];

/** The highest zone that flags let an allocation use. */
function highest(names) {
  const has = (pattern) => names.some((name) => pattern.test(name));
  if (has(/^(__)?GFP_DMA$/)) return 'DMA';
  if (has(/^(__)?GFP_DMA32$/)) return 'DMA32';
  if (has(/HIGHUSER_MOVABLE|TRANSHUGE/)) return 'Movable';
  return has(/HIGHUSER|HIGHMEM/) ? 'HighMem' : 'Normal';
}

/** `0-1,3` */
function nodesOf(list) {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(list ?? '')) return undefined;
  const ranges = list.split(',').map((range) => range.split('-').map(Number));
  return (node) => ranges.some(([from, to = from]) => node >= from && node <= to);
}

/** What a zone keeps from those who could have used a higher one, in pages; nothing where that is not sure. */
function kept({ reserve = [], name }, top, zones) {
  if (top === name) return 0;
  if (top === 'Movable' || top === 'HighMem') return Math.max(0, ...reserve);
  // The list has a figure for each kind of zone that the kernel was built with.
  const is64 = reserve.length >= 4 && zones.some((zone) => zone.name === 'DMA32') && !zones.some((zone) => zone.name === 'HighMem');
  return is64 ? reserve[ZONES.indexOf(top)] : undefined;
}

/**
 * What was asked of the zones: the highest of those that could serve, and of each zone a word why it did not; nothing
 * where the report does not show it.
 */
export function asked({ invoker = {} }, names, zones) {
  const { order, nodemask } = invoker;
  const page = pageOf(zones);
  if (names.length === 0 || zones.zones.length === 0) return undefined;
  const limit = highest(names);
  const rank = ({ name }) => ZONES.indexOf(name);
  const within = zones.zones.filter((zone) => rank(zone) <= ZONES.indexOf(limit));
  const top = within.reduce((most, zone) => (most && rank(most) >= rank(zone) ? most : zone), undefined)?.name;
  const isAllowed = nodesOf(nodemask);
  const isPlain = order >= 0 && order <= COSTLY && page && !names.some((name) => URGENT.test(name));
  const why = (zone) => {
    if (!isPlain || !within.includes(zone)) return undefined;
    if (isAllowed && !isAllowed(zone.node)) return 'why_node';
    const free = zone.free - (2 ** order - 1) * page;
    const reserve = kept(zone, limit, zones.zones);
    if (free <= zone.min) return 'why_min';
    if (reserve === undefined) return undefined;
    if (free <= zone.min + reserve * page) return 'why_reserve';
    const list = zones.lists.find(({ node, name }) => node === zone.node && name === zone.name);
    if (list && !list.blocks.some(([size, n]) => n > 0 && size >= page * 2 ** order)) return 'why_blocks';
    return 'why_given';
  };
  return { top, order, page, why, reserve: (zone) => kept(zone, limit, zones.zones) };
}

/** Whether there is no free block of the order from which on blocks are costly to come by. */
export const isFragmented = (blocks) => blocks.length > COSTLY && !blocks.slice(COSTLY).some(([, n]) => n > 0);
