//! Serves every page also below the path of `PUBLIC_URL`, and with a slash at its end.

use std::convert::identity;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use tower::ServiceExt;

/// Serves the same pages whether the proxy in front removes the path of `PUBLIC_URL`, such as `/auth`, or passes it on.
pub fn below_path(base: &str, pages: Router) -> Router {
    let base = base.to_owned();
    Router::new().fallback_service(pages.map_request(move |request| rewrite_to_route(&base, request)))
}

fn rewrite_to_route(base: &str, mut request: Request) -> Request {
    let path = request.uri().path();
    let route = route(base, path);
    if route != path {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(format!("{route}{query}")).ok();
        // This cannot fail: a part of a path is a path.
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

fn route<'a>(base: &str, path: &'a str) -> &'a str {
    let is_below = |rest: &&str| rest.starts_with('/');
    let route = path.strip_prefix(base).filter(is_below).unwrap_or(path);
    route.strip_suffix('/').filter(|bare| !bare.is_empty()).map_or(route, identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_route_under_all_its_paths() {
        for (base, path, expected) in [
            ("", "/graphql", "/graphql"),
            ("", "/graphql/", "/graphql"),
            ("", "/", "/"),
            ("/auth", "/auth/graphql", "/graphql"),
            ("/auth", "/graphql", "/graphql"),
            ("/auth", "/auth/.well-known/jwks.json", "/.well-known/jwks.json"),
            ("/auth", "/authentic/graphql", "/authentic/graphql"),
            ("/auth", "/auth", "/auth"),
            ("/graphql", "/graphql", "/graphql"),
        ] {
            assert_eq!(route(base, path), expected, "{base} {path}");
        }
    }
}
