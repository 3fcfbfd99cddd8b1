//! Where traces go to. The names are those of OpenTelemetry.

use url::Url;

use crate::config::addresses;
use crate::config::definition::{setting, settings};
use crate::config::parse::{optional, ratio, text};
use crate::config::production::{HTTPS, is_encrypted, is_remote};
use crate::tools::telemetry::TraceSettings;

settings! {
    impl TraceSettings {
        /// The URL of an OpenTelemetry collector that takes OTLP over HTTP, like `https://collector.example.com:4318`. The
        /// server sends traces to `/v1/traces` below it. Port 4317 is usually that of gRPC, which the server does not speak.
        /// Empty: there are no traces.
        endpoint = setting("OTEL_EXPORTER_OTLP_ENDPOINT", "", optional(addresses::collector_url))
            .production_accepts(HTTPS, |url: &Option<Url>| url.as_ref().is_none_or(is_encrypted))
            .deployment_sign(is_remote);
        /// Headers that the collector wants, such as a key: `name=value`, separated by commas. Percent-encode spaces, commas
        /// and % in values: `authorization=Bearer%20…`.
        headers = setting("OTEL_EXPORTER_OTLP_HEADERS", "", addresses::export_headers).secret();
        /// The name of this service in traces.
        service_name = setting("OTEL_SERVICE_NAME", "authgraph", text);
        /// The part of all traces that the server exports, from `0` to `1`. Where a proxy of `TRUSTED_PROXIES` sends a
        /// `traceparent`, the proxy has decided already.
        sample_ratio = setting("OTEL_TRACES_SAMPLER_ARG", "1", ratio);
    } with {}
}
