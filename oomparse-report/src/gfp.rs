//! The flags of an allocation, for kernels that print them as a bare mask: those before 4.6.
//!
//! | bit | up to 4.3 | 4.4 and 4.5 |
//! |---|---|---|
//! | 0x10 | `__GFP_WAIT` | `__GFP_RECLAIMABLE` |
//! | 0x80000 | `__GFP_RECLAIMABLE` | `__GFP_ATOMIC` |
//! | 0x100000 | up to 2.6.30 `__GFP_MOVABLE`, 3.8 to 4.0 `__GFP_KMEMCG`, 4.1 `__GFP_NOACCOUNT` | 4.4 `__GFP_NOACCOUNT`, 4.5 `__GFP_ACCOUNT` |
//! | 0x400000 | `__GFP_NO_KSWAPD` | `__GFP_DIRECT_RECLAIM` |
//! | 0x2000000 | none | `__GFP_KSWAPD_RECLAIM` |
//!
//! The other bits are the same in all of them (include/linux/gfp.h). Since 4.6 the names follow the mask, and its
//! bits have changed several times since then: a mask without names from these kernels is not read.

use crate::Lang;
use crate::words::Words;

/// The meaning of a bare mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flags {
    /// The names, as later kernels print them: the first combination that fits, then single flags.
    pub names: Vec<&'static str>,
    /// Bits that have no name, or no certain one.
    pub unknown: u32,
    known: Known,
}

/// How the table was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    /// The log names the kernel.
    Release(Table, String),
    /// The bits themselves fit only one table.
    Bits(Table),
    /// Only bits that have the same meaning in all tables are named.
    Unsure,
    /// A page fault has no flags.
    Fault,
}

/// Kernels whose bits mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    UpTo43,
    From44,
}

type Bits = [(u32, &'static str)];

/// The same in every kernel before 4.6.
const ALIKE: [(u32, &str); 17] = [
    (0x01, "__GFP_DMA"),
    (0x02, "__GFP_HIGHMEM"),
    (0x04, "__GFP_DMA32"),
    (0x08, "__GFP_MOVABLE"),
    (0x20, "__GFP_HIGH"),
    (0x40, "__GFP_IO"),
    (0x80, "__GFP_FS"),
    (0x100, "__GFP_COLD"),
    (0x200, "__GFP_NOWARN"),
    (0x400, "__GFP_REPEAT"),
    (0x800, "__GFP_NOFAIL"),
    (0x1000, "__GFP_NORETRY"),
    (0x4000, "__GFP_COMP"),
    (0x8000, "__GFP_ZERO"),
    (0x10000, "__GFP_NOMEMALLOC"),
    (0x20000, "__GFP_HARDWALL"),
    (0x40000, "__GFP_THISNODE"),
];

const UP_TO_4_3: [(u32, &str); 7] = [
    (WAIT, "__GFP_WAIT"),
    (0x2000, "__GFP_MEMALLOC"),
    (0x80000, "__GFP_RECLAIMABLE"),
    (0x0020_0000, "__GFP_NOTRACK"),
    (DIRECT_RECLAIM, "__GFP_NO_KSWAPD"),
    (0x0080_0000, "__GFP_OTHER_NODE"),
    (0x0100_0000, "__GFP_WRITE"),
];

const FROM_4_4: [(u32, &str); 8] = [
    (WAIT, "__GFP_RECLAIMABLE"),
    (0x2000, "__GFP_MEMALLOC"),
    (0x80000, "__GFP_ATOMIC"),
    (0x0020_0000, "__GFP_NOTRACK"),
    (DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM"),
    (0x0080_0000, "__GFP_OTHER_NODE"),
    (0x0100_0000, "__GFP_WRITE"),
    (KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM"),
];

/// Combinations, the one with most bits first.
const COMBINED_UP_TO_4_3: [(u32, &str); 7] = [
    (0x200da, "GFP_HIGHUSER_MOVABLE"),
    (0x200d2, "GFP_HIGHUSER"),
    (0x200d0, "GFP_USER"),
    (0x800d0, "GFP_TEMPORARY"),
    (0xd0, "GFP_KERNEL"),
    (0x50, "GFP_NOFS"),
    (WAIT, "GFP_NOIO"),
];

const COMBINED_FROM_4_4: [(u32, &str); 9] = [
    (0x0242_00ca, "GFP_HIGHUSER_MOVABLE"),
    (0x0242_00c2, "GFP_HIGHUSER"),
    (0x0242_00c0, "GFP_USER"),
    (0x0240_00d0, "GFP_TEMPORARY"),
    (0x0240_00c0, "GFP_KERNEL"),
    (0x0240_0040, "GFP_NOFS"),
    (0x0240_0000, "GFP_NOIO"),
    (0x0208_0020, "GFP_ATOMIC"),
    (KSWAPD_RECLAIM, "GFP_NOWAIT"),
];

const WAIT: u32 = 0x10;
/// The bit that has another meaning in almost every release.
const MOVED: u32 = 0x0010_0000;
const MOVABLE: u32 = 0x08;
const DIRECT_RECLAIM: u32 = 0x0040_0000;
const KSWAPD_RECLAIM: u32 = 0x0200_0000;

/// The flags of a mask without names, `0x201da`. `release` is the kernel's, as printed by `uname -r`.
///
/// `None` if it is not a mask, or comes from a kernel that prints names.
///
/// # Example
/// ```
/// use oomparse_report::gfp_flags;
///
/// let flags = gfp_flags("0x201da", None).unwrap();
/// assert_eq!(flags.names, ["GFP_HIGHUSER_MOVABLE", "__GFP_COLD"]);
/// ```
#[must_use]
pub fn gfp_flags(mask: &str, release: Option<&str>) -> Option<Flags> {
    let mask = u32::from_str_radix(mask.strip_prefix("0x")?, 16).ok()?;
    let version = release.and_then(version);
    if version.is_some_and(|version| version >= [4, 6, 0]) {
        return None;
    }
    let known = known(mask, release, version);
    let table: (&Bits, &Bits) = match &known {
        Known::Release(Table::UpTo43, _) | Known::Bits(Table::UpTo43) => {
            (&COMBINED_UP_TO_4_3, &UP_TO_4_3)
        }
        Known::Release(Table::From44, _) | Known::Bits(Table::From44) => {
            (&COMBINED_FROM_4_4, &FROM_4_4)
        }
        Known::Unsure | Known::Fault => (&[], &[]),
    };
    let (names, unknown) = named(mask, moved(version), table);
    Some(Flags {
        names,
        unknown,
        known,
    })
}

fn known(mask: u32, release: Option<&str>, version: Option<[u32; 3]>) -> Known {
    if mask == 0 {
        return Known::Fault;
    }
    if let (Some(release), Some(version)) = (release, version) {
        let table = match version >= [4, 4, 0] {
            true => Table::From44,
            false => Table::UpTo43,
        };
        return Known::Release(table, release.to_owned());
    }
    // No earlier bit was as high; and an allocation that may kill must be allowed to wait, which is another bit
    // since then.
    if mask & KSWAPD_RECLAIM != 0 {
        Known::Bits(Table::From44)
    } else if mask & WAIT != 0 && mask & DIRECT_RECLAIM == 0 {
        Known::Bits(Table::UpTo43)
    } else {
        Known::Unsure
    }
}

/// The name of the bit that moved, if it is known.
fn moved(version: Option<[u32; 3]>) -> Option<&'static str> {
    let version = version?;
    let known = [
        ([4, 5, 0], Some("__GFP_ACCOUNT")),
        ([4, 1, 0], Some("__GFP_NOACCOUNT")),
        ([3, 16, 0], Some("__GFP_KMEMCG")),
        // RHEL 7's 3.10 has another flag there than upstream's.
        ([2, 6, 31], None),
        ([2, 6, 0], Some("__GFP_MOVABLE")),
    ];
    known
        .into_iter()
        .find(|(since, _)| version >= *since)
        .and_then(|(_, name)| name)
}

/// Names of a mask, and the remaining bits.
fn named(
    mask: u32,
    moved: Option<&'static str>,
    (combined, single): (&Bits, &Bits),
) -> (Vec<&'static str>, u32) {
    let mut rest = mask;
    if moved == Some("__GFP_MOVABLE") && rest & MOVED != 0 {
        rest = rest & !MOVED | MOVABLE;
    }
    let mut names = Vec::new();
    if let Some((bits, name)) = combined.iter().find(|(bits, _)| rest & bits == *bits) {
        names.push(*name);
        rest &= !bits;
    }
    let moved = moved.map(|name| (MOVED, name));
    let mut all: Vec<(u32, &str)> = ALIKE.iter().chain(single).copied().chain(moved).collect();
    all.sort_unstable();
    for (bit, name) in all {
        if rest & bit != 0 {
            names.push(name);
            rest &= !bit;
        }
    }
    (names, rest)
}

/// `[3, 10, 0]` from `3.10.0-1160.el7.x86_64`.
fn version(release: &str) -> Option<[u32; 3]> {
    let end = release.find(|sign: char| !(sign.is_ascii_digit() || sign == '.'));
    let numbers = release.get(..end.unwrap_or(release.len()))?;
    let mut numbers = numbers.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some([next()?, next()?, next().unwrap_or(0)])
}

impl Flags {
    /// Which table was used, and how certain that is.
    #[must_use]
    pub fn says(&self, lang: Lang) -> String {
        let word = |text: &str| Words::default().say(text);
        let kernels = |table: Table| match table {
            Table::UpTo43 => word(lang.text("gfp_up_to_4_3")),
            Table::From44 => word(lang.text("gfp_from_4_4")),
        };
        let said = match &self.known {
            Known::Fault => lang.say("gfp_fault", &[]),
            Known::Unsure => lang.say("gfp_unsure", &[]),
            Known::Bits(table) => lang.say("gfp_by_bits", &[("kernels", kernels(*table))]),
            Known::Release(table, release) => {
                let release = crate::printable(release);
                let values = [("kernels", kernels(*table)), ("release", word(&release))];
                lang.say("gfp_by_release", &values)
            }
        };
        if self.unknown == 0 {
            return said.text();
        }
        let bits = word(&format!("{:#x}", self.unknown));
        let rest = lang.say("gfp_rest", &[("bits", bits)]);
        format!(
            "{}{}{}",
            said.text(),
            lang.text("semicolon_mark"),
            rest.text()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(mask: &str, release: Option<&str>) -> String {
        gfp_flags(mask, release).unwrap().names.join("|")
    }

    #[test]
    fn masks_of_old_kernels_are_named() {
        for (mask, wanted) in [
            ("0xd0", "GFP_KERNEL"),
            ("0x201da", "GFP_HIGHUSER_MOVABLE|__GFP_COLD"),
            ("0x280da", "GFP_HIGHUSER_MOVABLE|__GFP_ZERO"),
            ("0x200d2", "GFP_HIGHUSER"),
            ("0x82d0", "GFP_KERNEL|__GFP_NOWARN|__GFP_ZERO"),
            ("0x24200ca", "GFP_HIGHUSER_MOVABLE"),
            ("0x24280ca", "GFP_HIGHUSER_MOVABLE|__GFP_ZERO"),
            ("0x24000c0", "GFP_KERNEL"),
        ] {
            assert_eq!(names(mask, None), wanted, "{mask}");
            let flags = gfp_flags(mask, None).unwrap();
            assert!(matches!(flags.known, Known::Bits(_)), "{mask}");
            assert_eq!(flags.unknown, 0, "{mask}");
        }
    }

    #[test]
    fn the_kernel_decides_where_the_log_names_it() {
        let with = |mask, release| names(mask, Some(release));
        assert_eq!(
            with("0x201da", "2.6.32-504.el6.x86_64"),
            "GFP_HIGHUSER_MOVABLE|__GFP_COLD"
        );
        assert_eq!(
            with("0x1201d2", "2.6.27.7-9-pae"),
            "GFP_HIGHUSER_MOVABLE|__GFP_COLD"
        );
        assert_eq!(
            with("0x4000d0", "3.16.0-4-amd64"),
            "GFP_KERNEL|__GFP_NO_KSWAPD"
        );
        assert_eq!(with("0x25000c0", "4.5.2"), "GFP_KERNEL|__GFP_ACCOUNT");
        assert_eq!(
            with("0x25000c0", "4.4.0-21-generic"),
            "GFP_KERNEL|__GFP_NOACCOUNT"
        );
        // A kernel that prints names, and one with a different flag there.
        assert_eq!(gfp_flags("0xcc0", Some("5.4.0-1-generic")), None);
        let rhel = gfp_flags("0x1000d0", Some("3.10.0-1160.el7.x86_64")).unwrap();
        assert_eq!((rhel.names, rhel.unknown), (vec!["GFP_KERNEL"], 0x10_0000));
    }

    #[test]
    fn what_is_unsure_is_said() {
        let flags = gfp_flags("0x4000d0", None).unwrap();
        assert_eq!(flags.names, ["__GFP_IO", "__GFP_FS"]);
        assert_eq!(flags.unknown, 0x40_0010);
        let said = flags.says(Lang::En);
        assert!(
            said.contains("does not name the kernel") && said.ends_with("0x400010"),
            "{said}"
        );
        assert!(
            gfp_flags("0x0", None)
                .unwrap()
                .says(Lang::En)
                .contains("page fault")
        );
        let sure = gfp_flags("0xd0", Some("3.2.0-4-amd64")).unwrap();
        assert!(sure.says(Lang::En).contains("3.2.0-4-amd64"));
        for no_mask in ["", "0x", "d0", "0xfffffffff", "0xxd0"] {
            assert_eq!(gfp_flags(no_mask, None), None, "{no_mask}");
        }
    }

    #[test]
    fn every_name_is_explained() {
        let tables: [&Bits; 5] = [
            &ALIKE,
            &UP_TO_4_3,
            &FROM_4_4,
            &COMBINED_UP_TO_4_3,
            &COMBINED_FROM_4_4,
        ];
        let moved = ["__GFP_ACCOUNT", "__GFP_NOACCOUNT", "__GFP_KMEMCG"];
        let names = tables.into_iter().flatten().map(|(_, name)| *name);
        for name in names.chain(moved) {
            assert!(crate::term(name, Lang::Zh).is_some(), "{name}");
        }
    }
}
