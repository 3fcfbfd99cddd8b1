//! Where traces go to, and how many.

use url::Url;

use crate::values::secret::Secret;

/// Where traces go to.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// The URL of the collector without `/v1/traces`. `None`: there are no traces.
    pub endpoint: Option<Url>,
    /// Headers of each export, such as the key of a vendor.
    pub headers: Vec<(String, Secret)>,
    /// The name of this service in the traces.
    pub service_name: String,
    /// The part of all traces that is exported, from 0 to 1. For a request with a parent, its parent decides.
    pub sample_ratio: f64,
}
