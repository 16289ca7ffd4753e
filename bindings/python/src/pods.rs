//! `Pods`: names of pods, from listings and directories.

use crate::bytes::bytes_of;
use oomparse_core::OomEvent;
use oomparse_host::Loaded;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names of pods, which kills that show a uid or a container's id are given.
#[pyclass(module = "oomparse", frozen, from_py_object)]
#[derive(Clone, Default)]
pub(crate) struct Pods(Arc<oomparse_host::Pods>);

impl Pods {
    pub(crate) fn name(&self, event: &mut OomEvent) {
        self.0.name(event);
    }

    /// Reads a listing, or a directory as `/var/log/pods`.
    pub(crate) fn load_path(&self, path: &Path) -> PyResult<usize> {
        taken(self.0.load_path(path))
    }

    /// The same; it is read again when a pod is not known and it looks different.
    pub(crate) fn follow(&self, path: &Path) -> PyResult<usize> {
        taken(self.0.follow(path))
    }
}

fn taken(loaded: Loaded) -> PyResult<usize> {
    match loaded.trouble {
        Some(trouble) if loaded.unread => Err(PyOSError::new_err(trouble)),
        Some(trouble) => Err(PyValueError::new_err(trouble)),
        None => Ok(loaded.records),
    }
}

#[pymethods]
impl Pods {
    #[new]
    #[pyo3(signature = (*paths, keep_labels=None))]
    fn new(
        py: Python<'_>,
        paths: Vec<PathBuf>,
        keep_labels: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let pods = Self::default();
        if let Some(keys) = keep_labels {
            pods.0.table().keep_labels(&keys);
        }
        py.detach(|| {
            paths
                .iter()
                .try_for_each(|path| pods.load_path(path).map(drop))
        })?;
        Ok(pods)
    }

    /// Takes over a listing, a str or bytes in any form that the program's `--pods` reads; returns the number of
    /// its records.
    fn load(&self, py: Python<'_>, listing: &Bound<'_, PyAny>) -> PyResult<usize> {
        let listing = bytes_of(listing)?;
        let loaded = py.detach(|| self.0.table().load(&listing));
        match loaded.error {
            Some(error) => Err(PyValueError::new_err(error.to_string())),
            None => Ok(loaded.records),
        }
    }

    fn __len__(&self) -> usize {
        self.0.table().pods()
    }

    fn __repr__(&self) -> String {
        let table = self.0.table();
        format!(
            "Pods({} pods, {} containers)",
            table.pods(),
            table.containers()
        )
    }
}
