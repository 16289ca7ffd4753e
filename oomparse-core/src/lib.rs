#![cfg_attr(feature = "serde", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "serde"),
    doc = "Typed events from the Linux kernel's OOM killer reports."
)]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

mod bounded;
mod bytes;
mod cgroup;
#[cfg(feature = "daemons")]
mod daemon;
mod enrich;
mod event;
mod frame;
mod frame_reader;
pub mod go;
mod hash;
#[cfg(feature = "serde")]
mod json;
mod keyed;
pub mod limits;
pub mod line;
mod lines;
#[cfg(not(feature = "carriers"))]
mod no_paste;
mod options;
mod parser;
#[cfg(feature = "carriers")]
mod paste;
mod report;
mod sieve;
mod source;
mod split;
mod stamp;
mod time;
mod words;

pub use bytes::Text;
pub use cgroup::{
    CgroupDriver, CgroupPath, CgroupRoots, LimitLevel, QosClass, Runtime, parse_cgroup_path,
};
pub use enrich::{ContainerNames, PodLookup, PodNames, UidText, enrich};
pub use event::{
    Action, Cause, CauseKind, Cgroup, Container, Counter, EventType, Evidence, Field, Init,
    Invoker, KilledProcess, Killer, KubernetesEvent, KubernetesObject, MemcgStats, Meminfo,
    OomEvent, OpenVz, Outcome, Percent, Pod, PodSource, Reaped, Reporter, Resource, SCHEMA, Scope,
    Selected, Shared, SourceFile, Stage, StatValues, System, TaskRow, Testimony, Victim,
};
#[cfg(feature = "serde")]
pub use frame::RecordFramer;
#[cfg(feature = "serde")]
pub use frame::with_member;
pub use frame::{Fragment, Frame, FrameKind, Framer};
pub use frame_reader::FrameReader;
pub use keyed::KeyedParser;
#[cfg(not(feature = "carriers"))]
use no_paste as paste;
pub use options::Options;
pub use parser::{FrameParser, Parser, Taken, parse_all};
pub use sieve::skip;
pub use source::{Accept, Author, Daemon, Origin, Source, Trust};
pub use time::WallTime;
