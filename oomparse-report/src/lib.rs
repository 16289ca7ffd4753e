//! What people read of an OOM kill: the sentence, the figures, hints and advice.
//!
//! The program's report, its tickets and the page say the same because all three ask here. Texts are in
//! English and Chinese, from one catalogue (`texts/`). Nothing is said without the figure it rests on;
//! what the log does not show is left out.

mod facts;
mod hints;
mod memory;
mod missing;
mod sentence;
mod texts;
pub mod units;
mod words;

pub use facts::{clock, cut_id, percent, plain, pod_name, reached, resident, rows_by_size};
pub use hints::hints;
pub use memory::{Breakdown, CgroupMemory, Part, machine};
pub use missing::missing;
pub use sentence::{name_of, process, sentence, what, when_and_where};
pub use texts::Lang;
pub use words::{Look, Word, Words, cut, list};
