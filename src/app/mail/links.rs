//! The links of emails, which lead to pages of the frontend.

use url::{Url, form_urlencoded};

use crate::error::{OrFault, Result};

/// A page of the frontend. The page calls the mutation, so scanners that open links consume no token.
pub fn link(frontend: &Url, page: &str, token: Option<&str>) -> Result<String> {
    let mut url = frontend.clone();
    if let Some(route) = frontend.fragment() {
        // The frontend has a hash router: page and query belong into the fragment, which no server sees.
        let query =
            token.map(|token| form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        url.set_fragment(Some(&format!("{}/{page}{query}", route.trim_end_matches('/'))));
        return Ok(url.into());
    }
    url.path_segments_mut().ok().or_fault("building a link to FRONTEND_URL")?.pop_if_empty().push(page);
    if let Some(token) = token {
        url.query_pairs_mut().append_pair("token", token);
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_into_a_hash_router() {
        for (frontend, expected) in [
            ("https://example.com/#/auth", "https://example.com/#/auth/a?token=x-_"),
            ("https://example.com/#/", "https://example.com/#/a?token=x-_"),
            ("https://example.com/app?lang=de#!/", "https://example.com/app?lang=de#!/a?token=x-_"),
        ] {
            assert_eq!(link(&Url::parse(frontend).unwrap(), "a", Some("x-_")).unwrap(), expected);
        }
        let frontend = Url::parse("https://example.com/#/").unwrap();
        assert_eq!(link(&frontend, "a", Some("& #")).unwrap(), "https://example.com/#/a?token=%26+%23");
        assert_eq!(link(&frontend, "sign-in", None).unwrap(), "https://example.com/#/sign-in");
    }

    #[test]
    fn a_link_keeps_the_path_of_the_frontend() {
        let frontend = Url::parse("https://example.com/app/").unwrap();

        assert_eq!(link(&frontend, "sign-in", None).unwrap(), "https://example.com/app/sign-in");
        assert_eq!(link(&frontend, "a", Some("x-_")).unwrap(), "https://example.com/app/a?token=x-_");
    }
}
