//! `oomparse watch`: each kill as it happens.

use crate::watch::{Watch, WatchArgs};
use crate::{Found, warn};
use std::io;

/// Follows the kernel's messages until it is stopped.
///
/// # Errors Any error from writing.
pub(crate) fn run(args: WatchArgs) -> io::Result<Found> {
    match Watch::open(args) {
        Ok(watch) => watch.run(),
        Err((about, error)) => {
            warn(&about, &crate::sentence(&error));
            Ok(Found::Trouble)
        }
    }
}
