//! A Fluent Bit filter: records in, records with OOM-kill events out.
//!
//! ```text
//! chunk ─► sieve over the raw bytes ─► records (msgpack.rs) ─► text or JSON (record.rs) ─► KeyedParser
//!                │ nothing there: untouched                                                   │
//!                ▼                                                                            ▼
//!             as it was                       output.rs: the event goes into its record, or beside it
//! ```
//!
//! `filter.rs` is the whole of it without the host; `abi.rs` is what the host sees, and the only unsafe
//! code.

mod abi;
mod counts;
mod filter;
mod msgpack;
mod output;
mod record;
mod settings;

pub use counts::Counts;
pub use filter::Filter;
pub use settings::{Mode, OPTIONS, Settings};
