//! Modules find Lua in the program that loads them.

fn main() {
    println!("cargo:rustc-link-arg-tests=-rdynamic");
    println!("cargo::rustc-link-arg-benches=-rdynamic");
    println!("cargo:rerun-if-changed=build.rs");
}
