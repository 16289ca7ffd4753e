//! The Mem-Info block.

use crate::rng::Rng;

/// The Mem-Info block of a global OOM.
pub(super) fn mem_info(out: &mut Vec<String>, rng: &mut Rng) {
    let (free, anon) = (
        rng.between(9_000, 30_000),
        rng.between(1_000_000, 7_000_000),
    );
    out.push("Mem-Info:".to_owned());
    out.push(format!(
        "active_anon:{} inactive_anon:{anon} isolated_anon:0\n active_file:211 inactive_file:97 \
         isolated_file:0\n unevictable:0 dirty:0 writeback:0\n slab_reclaimable:11403 \
         slab_unreclaimable:20211\n mapped:4120 shmem:911 pagetables:16020 bounce:0\n free:{free} \
         free_pcp:61 free_cma:0",
        anon / 9
    ));
    out.push(format!(
        "Node 0 active_anon:{}kB inactive_anon:{}kB active_file:844kB inactive_file:388kB \
         unevictable:0kB isolated(anon):0kB isolated(file):0kB mapped:16480kB dirty:0kB \
         writeback:0kB shmem:3644kB all_unreclaimable? yes",
        anon / 9 * 4,
        anon * 4
    ));
    for (zone, share) in [("DMA", 100), ("DMA32", 4), ("Normal", 2)] {
        let kb = free * 4 / share;
        out.push(format!(
            "Node 0 {zone} free:{kb}kB min:{0}kB low:{0}kB high:{kb}kB active_anon:0kB \
             inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB writepending:0kB \
             present:15992kB managed:15908kB mlocked:0kB bounce:0kB free_pcp:0kB local_pcp:0kB \
             free_cma:0kB",
            kb / 2
        ));
        out.push("lowmem_reserve[]: 0 2827 31567 31567".to_owned());
    }
    out.push("1219 total pagecache pages".to_owned());
    out.push("0 pages in swap cache".to_owned());
    out.push("Free swap  = 0kB".to_owned());
    out.push("Total swap = 0kB".to_owned());
    out.push("8228764 pages RAM".to_owned());
    out.push("0 pages HighMem/MovableOnly".to_owned());
    out.push("145321 pages reserved".to_owned());
}
