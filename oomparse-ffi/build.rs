//! Sets the soname of the shared library: one per minor version while the major version is 0. Also keeps the
//! library in memory once it is loaded: a program that loads it again finds its statics unchanged.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let elf = matches!(
        var("CARGO_CFG_TARGET_OS").as_str(),
        "linux" | "android" | "freebsd"
    );
    if elf {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    // cargo-c passes the same name.
    if elf && std::env::var_os("CARGO_FEATURE_CAPI").is_none() {
        let (major, minor) = (
            var("CARGO_PKG_VERSION_MAJOR"),
            var("CARGO_PKG_VERSION_MINOR"),
        );
        let abi = if major == "0" {
            format!("0.{minor}")
        } else {
            major
        };
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,liboomparse.so.{abi}");
    }
}
