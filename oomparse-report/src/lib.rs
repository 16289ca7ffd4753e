//! The text about an OOM kill for people: the sentence, the figures, hints and advice.
//!
//! The program's report, its tickets and the page print the same text because all three use this crate. Texts are
//! in English and Chinese, from one catalogue (`texts/`). Every statement is based on a figure; what the log does
//! not show is left out.

mod advice;
mod anonymise;
mod cause;
mod course;
mod facts;
mod gfp;
mod hints;
pub mod incident;
mod lines;
mod markdown;
mod memory;
mod missing;
mod naming;
mod read;
mod screen;
mod sentence;
mod subject;
mod terms;
mod testimony;
mod texts;
pub mod units;
mod view;
mod words;
mod zones;

pub use advice::{Advice, Change, Limit, advice};
pub use anonymise::Anonymiser;
pub use cause::Cause;
pub use course::{Course, course, unix_seconds};
pub use facts::{clock, cut_id, percent, pod_name, printable, reached, resident, rows_by_size};
pub use gfp::{Flags, gfp_flags};
pub use hints::hints;
pub use lines::{Mark, Tail, marks};
pub use markdown::markdown;
pub use memory::{Breakdown, CgroupMemory, Part, machine};
pub use missing::missing;
pub use read::read_event;
pub use screen::on_screen;
pub use sentence::{name_of, sentence, what, when_and_where};
pub use subject::process;
pub use terms::terms_of;
pub use texts::{Lang, term, term_names};
pub use view::{row, view};
pub use words::{Look, Word, Words, cut, list};
pub use zones::{FreeList, Zone, Zones, zones};
