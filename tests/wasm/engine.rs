//! The same few steps on two engines: an interpreter and a compiler.

use crate::wasi::Dirs;
use std::sync::Mutex;

/// What Fluent Bit asks of its engine.
pub(crate) trait Engine {
    /// Calls `malloc`, if the module has it.
    fn malloc(&mut self, size: i32) -> Result<i32, String>;
    /// Calls `free`.
    fn free(&mut self, at: i32) -> Result<(), String>;
    /// Calls a filter function.
    fn filter(&mut self, name: &str, args: [i32; 6]) -> Result<i32, String>;
    /// Calls a function that gives a number.
    fn number(&mut self, name: &str) -> Result<i32, String>;
    /// The module's memory.
    fn memory(&mut self) -> &mut [u8];
    /// Adds pages, and gives the address of the first.
    fn grow(&mut self, pages: u32) -> usize;
    /// How many steps the next calls may take; then they trap.
    fn limit(&mut self, steps: u64);
    /// What the host opened for the module.
    fn dirs(&mut self) -> &mut Dirs;
}

type Arguments = (i32, i32, i32, i32, i32, i32);

macro_rules! engine {
    ($name:ident, $engine:ident, $instantiate:ident, $config:expr) => {
        pub(crate) struct $name {
            store: $engine::Store<Dirs>,
            instance: $engine::Instance,
            memory: $engine::Memory,
        }

        impl $name {
            /// A new instance: without any import or, with directories, with WASI's.
            pub(crate) fn new(wasm: &[u8], dirs: Option<Dirs>) -> Result<Self, String> {
                // Compiled once: the tests need hundreds of instances.
                static COMPILED: Mutex<Vec<(usize, $engine::Module)>> = Mutex::new(Vec::new());
                let mut compiled = COMPILED.lock().map_err(|e| e.to_string())?;
                let place = wasm.as_ptr().addr();
                let known = compiled.iter().find(|(of, _)| *of == place);
                let module = match known {
                    Some((_, module)) => module.clone(),
                    None => {
                        let module =
                            $engine::Module::new(&$config?, wasm).map_err(|e| e.to_string())?;
                        compiled.push((place, module.clone()));
                        module
                    }
                };
                drop(compiled);
                let engine = module.engine();
                let import = module.imports().next();
                if let Some(import) = import.filter(|_| dirs.is_none()) {
                    return Err(format!("imports {}.{}", import.module(), import.name()));
                }
                let mut store = $engine::Store::new(engine, dirs.unwrap_or_default());
                store.set_fuel(u64::MAX / 2).map_err(|e| e.to_string())?;
                let mut linker = $engine::Linker::new(engine);
                Self::link(&mut linker).map_err(|e| e.to_string())?;
                let instance = linker
                    .$instantiate(&mut store, &module)
                    .map_err(|e| e.to_string())?;
                let memory = instance
                    .get_memory(&mut store, "memory")
                    .ok_or("exports no memory")?;
                Ok(Self {
                    store,
                    instance,
                    memory,
                })
            }
        }

        impl $name {
            /// Adds WASI's functions.
            #[expect(clippy::too_many_lines, reason = "a function of WASI each")]
            fn link(linker: &mut $engine::Linker<Dirs>) -> Result<(), $engine::Error> {
                const WASI: &str = "wasi_snapshot_preview1";
                type Caller<'c> = $engine::Caller<'c, Dirs>;
                fn with(mut caller: Caller<'_>, act: impl Fn(&mut Dirs, &mut [u8]) -> i32) -> i32 {
                    let memory = caller.get_export("memory");
                    let memory = memory.and_then(|it| it.into_memory()).expect("a memory");
                    let (memory, dirs) = memory.data_and_store_mut(&mut caller);
                    act(dirs, memory)
                }
                linker.func_wrap(WASI, "fd_close", |caller: Caller<'_>, fd: i32| {
                    with(caller, |dirs, _| dirs.close(fd))
                })?;
                linker.func_wrap(
                    WASI,
                    "fd_prestat_get",
                    |caller: Caller<'_>, fd: i32, at: i32| {
                        with(caller, |dirs, memory| dirs.prestat(memory, fd, at))
                    },
                )?;
                linker.func_wrap(
                    WASI,
                    "fd_filestat_get",
                    |caller: Caller<'_>, fd: i32, at: i32| {
                        with(caller, |dirs, memory| dirs.filestat(memory, fd, at))
                    },
                )?;
                linker.func_wrap(
                    WASI,
                    "fd_read",
                    |caller: Caller<'_>, fd: i32, vectors: i32, count: i32, read: i32| {
                        with(caller, |dirs, memory| {
                            dirs.read(memory, fd, vectors, count, read)
                        })
                    },
                )?;
                linker.func_wrap(
                    WASI,
                    "fd_write",
                    |caller: Caller<'_>, fd: i32, vectors: i32, count: i32, written: i32| {
                        with(caller, |dirs, memory| {
                            dirs.write(memory, fd, vectors, count, written)
                        })
                    },
                )?;
                linker.func_wrap(
                    WASI,
                    "fd_readdir",
                    |caller: Caller<'_>,
                     fd: i32,
                     buffer: i32,
                     length: i32,
                     cookie: i64,
                     used: i32| {
                        with(caller, |dirs, memory| {
                            dirs.list(memory, [fd, buffer, length, used], cookie)
                        })
                    },
                )?;
                linker.func_wrap(
                    WASI,
                    "path_open",
                    |caller: Caller<'_>,
                     dir: i32,
                     _lookup: i32,
                     path: i32,
                     length: i32,
                     _how: i32,
                     _rights: i64,
                     _inherited: i64,
                     _flags: i32,
                     fd: i32| {
                        with(caller, |dirs, memory| {
                            dirs.open(memory, [dir, path, length, fd])
                        })
                    },
                )?;
                Ok(())
            }
        }

        impl Engine for $name {
            fn malloc(&mut self, size: i32) -> Result<i32, String> {
                self.instance
                    .get_typed_func::<i32, i32>(&mut self.store, "malloc")
                    .and_then(|malloc| malloc.call(&mut self.store, size))
                    .map_err(|e| e.to_string())
            }

            fn free(&mut self, at: i32) -> Result<(), String> {
                self.instance
                    .get_typed_func::<i32, ()>(&mut self.store, "free")
                    .and_then(|free| free.call(&mut self.store, at))
                    .map_err(|e| e.to_string())
            }

            fn filter(&mut self, name: &str, [a, b, c, d, e, f]: [i32; 6]) -> Result<i32, String> {
                self.instance
                    .get_typed_func::<Arguments, i32>(&mut self.store, name)
                    .and_then(|filter| filter.call(&mut self.store, (a, b, c, d, e, f)))
                    .map_err(|e| e.to_string())
            }

            fn number(&mut self, name: &str) -> Result<i32, String> {
                self.instance
                    .get_typed_func::<(), i32>(&mut self.store, name)
                    .and_then(|number| number.call(&mut self.store, ()))
                    .map_err(|e| e.to_string())
            }

            fn memory(&mut self) -> &mut [u8] {
                self.memory.data_mut(&mut self.store)
            }

            fn grow(&mut self, pages: u32) -> usize {
                let before = self.memory().len();
                self.memory
                    .grow(&mut self.store, u64::from(pages))
                    .expect("memory grows");
                before
            }

            fn limit(&mut self, steps: u64) {
                self.store.set_fuel(steps).expect("steps are counted");
            }

            fn dirs(&mut self) -> &mut Dirs {
                self.store.data_mut()
            }
        }
    };
}

engine!(Wasmi, wasmi, instantiate_and_start, {
    // The first version of WebAssembly and nothing of what came later.
    let mut config = wasmi::Config::default();
    config
        .consume_fuel(true)
        .wasm_bulk_memory(false)
        .wasm_reference_types(false)
        .wasm_sign_extension(false)
        .wasm_saturating_float_to_int(false)
        .wasm_multi_value(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false);
    Ok::<_, String>(wasmi::Engine::new(&config))
});

engine!(Wasmtime, wasmtime, instantiate, {
    let mut config = wasmtime::Config::new();
    config.consume_fuel(true);
    wasmtime::Engine::new(&config).map_err(|e| e.to_string())
});
