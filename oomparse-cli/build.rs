//! With `OOMPARSE_PAGE` set to the page in one file, `oomparse report --html` needs no other file.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=OOMPARSE_PAGE");
    let page = env::var_os("OOMPARSE_PAGE").map(PathBuf::from);
    let text = match page.filter(|path| !path.as_os_str().is_empty()) {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", path.display());
            format!("Some(include_str!({path:?}))")
        }
        None => "None".to_owned(),
    };
    let code = format!(
        "/// The page in one file, if it was at hand.\npub(super) const PAGE: Option<&str> = {text};\n"
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("page.rs");
    if let Err(error) = fs::write(&out, code) {
        println!("cargo::error={}: {error}", out.display());
    }
}
