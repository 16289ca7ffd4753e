//! What Fluent Bit's `flb_wasm_call_function_format_json` does, step by step.

use crate::engine::Engine;

/// What comes of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The module gave the record pointer back.
    Same,
    /// Another text.
    Other(String),
    /// An empty text: the record is dropped.
    Dropped,
    /// The host could not read the answer, or the call trapped: the record is lost.
    Lost(String),
}

/// Where the host's copies go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copies {
    /// To what the module's `malloc` gives.
    Module,
    /// To a heap of 8 KiB after the module's own memory, as for a module without `malloc`.
    Heap(usize),
}

/// The host's default `wasm_heap_size`.
const HEAP: usize = 8192;

pub(crate) struct Host<'e> {
    engine: &'e mut dyn Engine,
    copies: Copies,
}

impl<'e> Host<'e> {
    pub(crate) fn new(engine: &'e mut dyn Engine) -> Self {
        Self {
            engine,
            copies: Copies::Module,
        }
    }

    /// A host that does not see the module's `malloc`.
    pub(crate) fn with_heap(engine: &'e mut dyn Engine) -> Self {
        let heap = engine.grow(1);
        Self {
            engine,
            copies: Copies::Heap(heap),
        }
    }

    pub(crate) fn engine(&mut self) -> &mut dyn Engine {
        self.engine
    }

    /// One record through a function of the module.
    pub(crate) fn record(&mut self, function: &str, tag: &str, record: &[u8]) -> Outcome {
        self.record_at(function, tag, 1_700_000_000, record)
    }

    pub(crate) fn record_at(
        &mut self,
        function: &str,
        tag: &str,
        seconds: i32,
        record: &[u8],
    ) -> Outcome {
        let mut used = 0;
        let tag_at = self.copy(tag.as_bytes(), &mut used);
        let record_at = self.copy(record, &mut used);
        let args = [
            tag_at,
            length(tag.as_bytes()),
            seconds,
            0,
            record_at,
            length(record),
        ];
        let answer = self.engine.filter(function, args);
        let outcome = match answer {
            Err(trap) => Outcome::Lost(trap),
            Ok(0) => Outcome::Lost("null".to_owned()),
            Ok(at) => match self.duplicate(at) {
                None => Outcome::Lost(format!("no text at {at:#x}")),
                Some(text) if text.is_empty() && at != record_at => Outcome::Dropped,
                Some(text) if at == record_at => {
                    assert_eq!(text, record, "the host's own copy was written to");
                    Outcome::Same
                }
                Some(text) => match String::from_utf8(text) {
                    Ok(text) => Outcome::Other(text),
                    Err(error) => Outcome::Lost(error.to_string()),
                },
            },
        };
        for at in [tag_at, record_at] {
            if at != 0 && self.copies == Copies::Module {
                self.engine.free(at).expect("free never traps");
            }
        }
        outcome
    }

    /// `wasm_runtime_module_dup_data`: the bytes and a NUL; 0 where there is no room.
    fn copy(&mut self, bytes: &[u8], used: &mut usize) -> i32 {
        let at = match self.copies {
            Copies::Module => {
                let size = length(bytes) + 1;
                self.engine.malloc(size).expect("malloc never traps")
            }
            Copies::Heap(_) if *used + bytes.len() + 1 > HEAP => 0,
            Copies::Heap(heap) => {
                let at = heap + *used;
                *used += (bytes.len() + 8) & !7;
                i32::try_from(at).expect("within memory")
            }
        };
        if at != 0 {
            let start = usize::try_from(at).expect("no address above 2 GiB");
            let room = &mut self.engine.memory()[start..start + bytes.len() + 1];
            room[..bytes.len()].copy_from_slice(bytes);
            room[bytes.len()] = 0;
        }
        at
    }

    /// `wasm_runtime_validate_app_str_addr` and `strdup`.
    fn duplicate(&mut self, at: i32) -> Option<Vec<u8>> {
        let start = usize::try_from(at).ok()?;
        let memory = self.engine.memory();
        let text = memory.get(start..)?;
        let end = text.iter().position(|byte| *byte == 0)?;
        Some(text[..end].to_vec())
    }
}

fn length(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).expect("shorter than 2 GiB")
}
