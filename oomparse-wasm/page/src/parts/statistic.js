// The words of a cgroup's statistics.

/** cgroup v1's own words for what v2 calls otherwise. */
const ALIKE = { rss: 'anon', cache: 'page cache', mapped_file: 'file_mapped', dirty: 'file_dirty', writeback: 'file_writeback' };

/** The term that explains a statistic: `total_rss` is v1's rss of a cgroup and of those below it. */
export function termOf(key) {
  const own = key.replace(/^(total|recent|local)_/, '');
  if (ALIKE[own]) return ALIKE[own];
  return /^(workingset_(?:refault|activate|restore)|pgdemote|pgscan|pgsteal|swpin|swpout)_/.exec(own)?.[1] ?? own;
}
