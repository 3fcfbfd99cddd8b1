//! QR codes as SVG.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::error::{OrFault, Result};

/// How wide the picture is at least, in pixels.
const WIDTH: u32 = 240;

/// A text as a QR code, in a `data:` URI that an `<img>` shows.
///
/// # Errors
/// A fault where the text is too long for a QR code.
pub fn data_uri(text: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).or_fault("drawing a QR code")?;
    // Black on white also in the dark: inverted codes are not read by every camera.
    let picture = code.render::<svg::Color<'_>>().min_dimensions(WIDTH, WIDTH).build();
    Ok(format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(picture)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_an_svg() {
        let uri = data_uri("otpauth://totp/a").unwrap();
        let picture = BASE64_STANDARD.decode(uri.strip_prefix("data:image/svg+xml;base64,").unwrap()).unwrap();

        assert!(String::from_utf8(picture).unwrap().contains("<svg"));
    }
}
