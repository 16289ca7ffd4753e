//! oomparse as WebAssembly: the module for Fluent Bit's wasm filter, record in, record out, and the module
//! of the JavaScript package, a log in, events out, and that of the page.
//!
//! `cargo xtask wasm` builds `dist/oomparse.wasm` and `js/wasm` from it. What decides about records is in
//! [`Filter`], ordinary safe code that is tested like any other. The code that uses the host's pointers is in
//! `abi.rs` and exists only on WebAssembly. The functions for JavaScript are in `js.rs`, and those for the page
//! in `page/` and `unpack/`.
//!
//! The keys of events and names are those of `oomparse-host`, and whom to believe is decided in the core, as for every
//! host. The streams by tag are [`Filter`]'s own: `oomparse_host::Host` reads records with the whole parser, and with
//! it `oomparse.wasm` was 12,252 bytes over its 220 KiB. The same record scripts (`corpus/scripts`) hold both.
#![cfg_attr(
    all(
        target_arch = "wasm32",
        not(any(
            feature = "js",
            feature = "page",
            feature = "unpack",
            feature = "voices"
        ))
    ),
    no_std
)]
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

#[cfg(all(target_arch = "wasm32", feature = "fluent-bit"))]
mod abi;
#[cfg(all(target_arch = "wasm32", feature = "fluent-bit"))]
mod copy;
mod filter;
#[cfg(any(test, all(target_arch = "wasm32", feature = "fluent-bit")))]
mod heap;
#[cfg(feature = "js")]
mod js;
#[cfg(all(target_arch = "wasm32", feature = "fluent-bit"))]
mod memory;
#[cfg(any(feature = "page", feature = "voices"))]
mod page;
#[cfg(feature = "pods")]
mod pods;
#[cfg(any(
    test,
    all(
        target_arch = "wasm32",
        feature = "fluent-bit",
        not(feature = "sources")
    )
))]
mod scan;
#[cfg(feature = "sources")]
mod settings;
#[cfg(feature = "unpack")]
mod unpack;
#[cfg(all(target_arch = "wasm32", feature = "fluent-bit", feature = "pods"))]
mod wasi;

pub use filter::{Answer, Filter, Mode};
#[cfg(feature = "pods")]
pub use pods::{Read, Sources};
#[cfg(feature = "sources")]
pub use settings::Settings;
