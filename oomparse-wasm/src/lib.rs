//! oomparse as WebAssembly.
//!
//! One crate, three modules, which `cargo xtask wasm` builds:
//!
//! | module | feature | for |
//! |---|---|---|
//! | `oomparse.wasm` | `fluent-bit` | Fluent Bit's wasm filter: record in, record out |
//! | `oomparse-pods.wasm` | `fluent-bit-pods` | the same, with names of pods read from files |
//! | `pkg/` | `js` | Node, bundlers and browsers |
//!
//! What decides about records is in [`Filter`], ordinary safe code that is tested like any other. What
//! touches the host's pointers is in `abi.rs` and exists only on WebAssembly.
#![cfg_attr(all(target_arch = "wasm32", not(feature = "js")), no_std)]
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
mod filter;
#[cfg(any(test, all(target_arch = "wasm32", feature = "fluent-bit")))]
mod heap;
#[cfg(feature = "js")]
mod js;

pub use filter::{Answer, Filter, Mode};
