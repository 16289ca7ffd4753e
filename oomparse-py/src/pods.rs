//! `Pods`: names of pods, from listings and directories.

use crate::settings::bytes_of;
use oomparse_core::{OomEvent, enrich};
use oomparse_host::Content;
use oomparse_pods::PodTable;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names of pods, which kills that show a uid or a container's id are given.
#[pyclass(module = "oomparse", frozen, from_py_object)]
#[derive(Clone, Default)]
pub(crate) struct Pods(Arc<Mutex<PodTable>>);

impl Pods {
    fn table(&self) -> MutexGuard<'_, PodTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn name(&self, event: &mut OomEvent) {
        enrich(event, &mut *self.table());
    }

    /// Reads a listing, or a directory as `/var/log/pods`.
    pub(crate) fn load_path(&self, path: &Path) -> PyResult<usize> {
        let loaded = Content::read(path).load(&mut self.table());
        match loaded.trouble {
            Some(trouble) if loaded.unread => Err(PyOSError::new_err(trouble)),
            Some(trouble) => Err(PyValueError::new_err(trouble)),
            None => Ok(loaded.records),
        }
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
            pods.table().keep_labels(&keys);
        }
        py.detach(|| {
            paths
                .iter()
                .try_for_each(|path| pods.load_path(path).map(drop))
        })?;
        Ok(pods)
    }

    /// Takes over a listing, a str or bytes in any form that the program's `--pods` reads; gives the number of
    /// its records.
    fn load(&self, py: Python<'_>, listing: &Bound<'_, PyAny>) -> PyResult<usize> {
        let listing = bytes_of(listing)?;
        let loaded = py.detach(|| self.table().load(&listing));
        match loaded.error {
            Some(error) => Err(PyValueError::new_err(error.to_string())),
            None => Ok(loaded.records),
        }
    }

    fn __len__(&self) -> usize {
        self.table().pods()
    }

    fn __repr__(&self) -> String {
        let table = self.table();
        format!(
            "Pods({} pods, {} containers)",
            table.pods(),
            table.containers()
        )
    }
}
