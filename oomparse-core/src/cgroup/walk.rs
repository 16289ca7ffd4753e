//! The walk from the root down to the pod.

use super::{
    CgroupDriver, KUBEPODS, LimitLevel, QosClass, Runtime, cgroupfs, has_kube_word, last_word,
    qos_word, systemd,
};

/// The parts of a pod's component.
pub(super) struct PodPlace<'a> {
    pub(super) driver: CgroupDriver,
    pub(super) qos_class: Option<QosClass>,
    pub(super) uid: &'a [u8],
    /// Runtime and container id, if the component itself contains them.
    pub(super) inline: Option<(Option<Runtime>, &'a [u8])>,
}

/// The position of the walk relative to `kubepods`.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// No `kubepods` yet. `near_kube` counts down from 2 since a name that resembles it (`kubends.slice`,
    /// `kubelet`).
    Outside { near_kube: u8 },
    /// Right below `kubepods`.
    Kubepods(CgroupDriver),
    /// Right below a class's component.
    Qos(CgroupDriver, QosClass),
    /// Below a component of `kubepods` that is neither class nor pod: a misspelt class gets one try.
    Odd(CgroupDriver),
    /// Another component was in the pod's place.
    Lost(CgroupDriver),
}

impl Place {
    pub(super) const START: Self = Self::Outside { near_kube: 0 };

    pub(super) fn is_outside(self) -> bool {
        matches!(self, Self::Outside { .. })
    }

    /// Reads a component as the pod, if a pod may be here.
    pub(super) fn pod(self, component: &[u8], last: bool) -> Option<PodPlace<'_>> {
        if matches!(self, Self::Lost(_)) {
            return None;
        }
        if let Some(uid) = cgroupfs::pod(component) {
            return self.cgroupfs_pod(uid);
        }
        let slice = systemd::pod(component, last)?;
        if matches!(self, Self::Outside { near_kube: 0 }) && !slice.is_kube() {
            return None;
        }
        Some(PodPlace {
            driver: CgroupDriver::Systemd,
            qos_class: self.slice_qos(slice.prefix),
            uid: slice.uid,
            inline: slice.inline,
        })
    }

    fn cgroupfs_pod(self, uid: &[u8]) -> Option<PodPlace<'_>> {
        let qos_class = match self {
            Self::Kubepods(_) => Some(QosClass::Guaranteed),
            Self::Qos(_, class) => Some(class),
            Self::Outside { near_kube: 0 } | Self::Lost(_) => return None,
            Self::Outside { .. } | Self::Odd(_) => None,
        };
        Some(PodPlace {
            driver: CgroupDriver::Cgroupfs,
            qos_class,
            uid,
            inline: None,
        })
    }

    /// The class from the pod's own name or the one above, whichever is spelt correctly.
    fn slice_qos(self, prefix: &[u8]) -> Option<QosClass> {
        let own = qos_word(last_word(prefix));
        match (own, self) {
            (Some(own), Self::Qos(_, above)) if own != above => None,
            (Some(own), _) => Some(own),
            (None, Self::Qos(_, above)) => Some(above),
            (None, Self::Odd(_) | Self::Lost(_)) => None,
            (None, _) if last_word(prefix) == KUBEPODS => Some(QosClass::Guaranteed),
            (None, _) => None,
        }
    }

    /// Enters a component that is not a pod.
    pub(super) fn step(self, component: &[u8]) -> Self {
        if let Self::Lost(_) = self {
            return self;
        }
        let (driver, stem) = match systemd::slice_stem(component) {
            Some(stem) => (CgroupDriver::Systemd, stem),
            None => (CgroupDriver::Cgroupfs, component),
        };
        match self {
            Self::Qos(driver, _) | Self::Odd(driver) => return Self::Lost(driver),
            Self::Kubepods(_) | Self::Outside { .. } | Self::Lost(_) => {}
        }
        let word = last_word(stem);
        if word == KUBEPODS {
            return Self::Kubepods(driver);
        }
        match (self, qos_word(word)) {
            (Self::Kubepods(_), Some(class)) => Self::Qos(driver, class),
            (Self::Kubepods(driver), None) => Self::Odd(driver),
            // A class below a misspelt `kubepods`, or a slice whose name contains both.
            (Self::Outside { near_kube }, Some(class)) if near_kube > 0 || has_kube_word(stem) => {
                Self::Qos(driver, class)
            }
            (Self::Outside { near_kube }, _) => Self::Outside {
                near_kube: if has_kube_word(stem) {
                    2
                } else {
                    near_kube.saturating_sub(1)
                },
            },
            (other, _) => other,
        }
    }

    pub(super) fn driver(self) -> Option<CgroupDriver> {
        match self {
            Self::Outside { .. } => None,
            Self::Kubepods(driver)
            | Self::Qos(driver, _)
            | Self::Odd(driver)
            | Self::Lost(driver) => Some(driver),
        }
    }

    /// The level of the path if it ends here.
    pub(super) fn level(self) -> Option<LimitLevel> {
        match self {
            Self::Kubepods(_) => Some(LimitLevel::Kubepods),
            Self::Qos(..) => Some(LimitLevel::Qos),
            Self::Odd(_) | Self::Lost(_) => Some(LimitLevel::Other),
            Self::Outside { .. } => None,
        }
    }
}
