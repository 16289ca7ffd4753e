#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| oomparse_fuzz_targets::daemon(data));
