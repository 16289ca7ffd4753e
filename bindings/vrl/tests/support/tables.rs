//! Vector's functions for enrichment tables, over a CSV file: they are Vector's own and no part of VRL.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use vrl::compiler::prelude::*;

static ROWS: OnceLock<Vec<BTreeMap<String, String>>> = OnceLock::new();

/// Loads the one table, whose first line names its columns.
pub(crate) fn load(csv: &str) {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.deserialize().map(|row| row.unwrap()).collect();
    let _ = ROWS.set(rows);
}

fn find(condition: &Value) -> Vec<Value> {
    let condition = condition.as_object().unwrap();
    let fits = |row: &&BTreeMap<String, String>| {
        condition.iter().all(|(column, value)| {
            let cell = row.get(column.as_str());
            Some(value.to_string_lossy().as_ref()) == cell.map(String::as_str)
        })
    };
    let rows = ROWS.get().unwrap().iter().filter(fits);
    rows.map(|row| {
        let cells = row.iter().map(|(column, cell)| {
            let cell: Value = cell.as_str().into();
            (KeyString::from(column.as_str()), cell)
        });
        Value::Object(cells.collect())
    })
    .collect()
}

/// `get_enrichment_table_record`: exactly one row, or an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct One;

/// `find_enrichment_table_records`: all rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct All;

const PARAMETERS: &[Parameter] = &[
    Parameter::required("table", kind::BYTES, "The table."),
    Parameter::required("condition", kind::OBJECT, "What a row has."),
];

macro_rules! function {
    ($name:ident, $identifier:literal, $kind:expr, $one:literal) => {
        impl Function for $name {
            fn identifier(&self) -> &'static str {
                $identifier
            }

            fn usage(&self) -> &'static str {
                "As Vector's."
            }

            fn category(&self) -> &'static str {
                Category::Enumerate.as_ref()
            }

            fn return_kind(&self) -> u16 {
                $kind
            }

            fn parameters(&self) -> &'static [Parameter] {
                PARAMETERS
            }

            fn examples(&self) -> &'static [Example] {
                &[]
            }

            fn compile(
                &self,
                state: &state::TypeState,
                _: &mut FunctionCompileContext,
                arguments: ArgumentList,
            ) -> Compiled {
                // Vector knows its tables when it compiles; another name is an error there.
                arguments.required_enum("table", &["pods".into()], state)?;
                let condition = arguments.required("condition");
                Ok(Lookup {
                    condition,
                    one: $one,
                }
                .as_expr())
            }
        }
    };
}

function!(One, "get_enrichment_table_record", kind::OBJECT, true);
function!(All, "find_enrichment_table_records", kind::ARRAY, false);

#[derive(Clone, Debug)]
struct Lookup {
    condition: Box<dyn Expression>,
    one: bool,
}

impl FunctionExpression for Lookup {
    fn resolve(&self, ctx: &mut Context) -> Resolved {
        let mut rows = find(&self.condition.resolve(ctx)?);
        match (self.one, rows.len()) {
            (true, 1) => Ok(rows.remove(0)),
            (true, 0) => Err("no rows found".into()),
            (true, _) => Err("more than one row found".into()),
            (false, _) => Ok(Value::Array(rows)),
        }
    }

    fn type_def(&self, _: &state::TypeState) -> TypeDef {
        if self.one {
            TypeDef::object(Collection::any()).fallible()
        } else {
            TypeDef::array(Collection::from_unknown(Kind::object(Collection::any()))).fallible()
        }
    }
}
