//! How the kernel puts a line that it prints in pieces into records.
//!
//! kernel/printk/printk.c: `vprintk_store` and `log_output`, `prb_reserve_in_last`.

/// What differs between kernels.
#[derive(Clone, Copy, Debug)]
pub struct Printk {
    /// Bytes of the buffer in which one call's text is put together, and of a record.
    pub room: usize,
    /// Since 5.13 a piece that is to go after another counts with its level, its newline and a NUL.
    pub counts_all: bool,
}

/// 5.1 to 6.2 with the caller's id, up to 5.12 without it, up to 6.2, and since 6.3.
pub const PRINTKS: [Printk; 4] = [
    Printk {
        room: 976,
        counts_all: true,
    },
    Printk {
        room: 992,
        counts_all: false,
    },
    Printk {
        room: 992,
        counts_all: true,
    },
    Printk {
        room: 1024,
        counts_all: true,
    },
];

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// It began as the continuation of another: flag `c`.
    pub continued: bool,
    /// Without its prefix, as it was printed.
    pub text: Vec<u8>,
}

impl Printk {
    /// What is left of one call's text: `\001` and the level's letter stand in front, a NUL after.
    #[must_use]
    pub fn kept(self) -> usize {
        self.room - 3
    }

    /// The records of a line in pieces. `breaks` are pieces in front of which another CPU prints.
    #[must_use]
    pub fn records(self, pieces: &[Vec<u8>], breaks: &[usize]) -> Vec<Record> {
        let mut records: Vec<Record> = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let kept = &piece[..piece.len().min(self.kept())];
            let is_last = at + 1 == pieces.len();
            let asked = match self.counts_all {
                true => (piece.len() + 3 + usize::from(is_last)).min(self.room),
                false => kept.len(),
            };
            match records.last_mut() {
                Some(last) if !breaks.contains(&at) && last.text.len() + asked <= self.room => {
                    last.text.extend_from_slice(kept);
                }
                _ => records.push(Record {
                    continued: at > 0,
                    text: kept.to_vec(),
                }),
            }
        }
        records
    }
}

/// The pieces of a summary.
#[must_use]
pub fn summary(oom: &[u8], task: &[u8], comm: &str, pid: u32) -> Vec<Vec<u8>> {
    [
        b"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)",
        &b",cpuset="[..],
        b"/",
        b",mems_allowed=0",
        b",oom_memcg=",
        oom,
        b",task_memcg=",
        task,
        format!(",task={comm},pid={pid},uid=1000").as_bytes(),
    ]
    .map(<[u8]>::to_vec)
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths that real kernels left (`corpus/cases/4*-captured-*-very-long-path`).
    #[test]
    fn long_paths_are_cut_as_on_real_kernels() {
        let path = vec![b'p'; 2000];
        let [_, old, new, newest] = PRINTKS;
        for (printk, len) in [(old, 989), (new, 989), (newest, 1021)] {
            let records = printk.records(&summary(&path, &path, "deeper", 1543), &[]);
            let lens: Vec<usize> = records.iter().map(|record| record.text.len()).collect();
            assert_eq!(lens[1..], [len, 12, len, 30]);
            assert_eq!(records[0].text.len(), 87);
            assert!(records[1..].iter().all(|record| record.continued));
        }
        // A colon after such a text.
        let stats = [b"Memory cgroup stats for ".to_vec(), path, b":".to_vec()];
        assert_eq!(old.records(&stats, &[])[1].text.len(), 990);
        assert_eq!(new.records(&stats, &[]).len(), 3);
    }
}
