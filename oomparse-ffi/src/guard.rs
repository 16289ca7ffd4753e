//! No panic leaves the library.

use crate::result::oomparse_result;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The result of a function; an error as its number.
pub(crate) type Done<T = ()> = Result<T, oomparse_result>;

/// Runs a function's body; a panic in it becomes a result.
///
/// Everything that the body changes is protected by a mutex, which a panic poisons, or belongs to the caller.
pub(crate) fn guard(body: impl FnOnce() -> Done) -> oomparse_result {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => oomparse_result::Ok,
        Ok(Err(result)) => result,
        Err(_) => oomparse_result::Panic,
    }
}

/// Runs a function that returns no result, such as one that frees.
pub(crate) fn quietly<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

/// A parameter that must not be NULL.
pub(crate) fn given<T>(parameter: Option<T>) -> Done<T> {
    parameter.ok_or(oomparse_result::NullParameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_result() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let result = guard(|| panic!("a bug"));
        let quiet = quietly(7, || panic!("another"));
        std::panic::set_hook(hook);
        assert_eq!((result, quiet), (oomparse_result::Panic, 7));
    }
}
