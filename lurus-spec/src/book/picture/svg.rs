//! Shapes and text as SVG.
//!
//! In: shapes at whole pixels. Out: one document that is legible on light and on dark pages, without scripts, fonts or
//! links. It knows nothing of what is drawn.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A rectangle, in pixels from the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Area {
    /// Where the area ends below.
    pub(super) fn bottom(&self) -> usize {
        self.y + self.height
    }

    /// Half of the way from left to right.
    pub(super) fn middle(&self) -> usize {
        self.x + self.width / 2
    }
}

/// A drawing that grows as shapes are added; later ones cover earlier ones.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    shapes: String,
    /// The colour of each thing that has one.
    colours: Vec<usize>,
}

/// So many hues are told apart; each exists in a light and in a strong shade.
pub(super) const HUES: usize = 12;

impl Drawing {
    /// A drawing of things with these colours, below twice [`HUES`].
    pub(super) fn new(colours: Vec<usize>) -> Self {
        Self {
            shapes: String::new(),
            colours,
        }
    }

    /// A rectangle with round corners. A class says how it looks.
    pub(super) fn area(&mut self, area: Area, radius: usize, class: &str) {
        let Area {
            x,
            y,
            width,
            height,
        } = area;
        let _ = writeln!(
            self.shapes,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" class=\"{class}\"/>"
        );
    }

    /// A line of text whose baseline begins, ends or has its middle at a point, as its class says.
    pub(super) fn text(&mut self, x: usize, y: usize, class: &str, text: &str) {
        let text = escaped(text);
        let _ = writeln!(
            self.shapes,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>"
        );
    }

    /// A curve from above to below through points, with an arrow at its end, in the colour of a thing.
    pub(super) fn arrow(&mut self, points: &[(usize, usize)], thing: usize) {
        let Some(((x, y), rest)) = points.split_first() else {
            return;
        };
        let mut path = format!("M{x} {y}");
        let mut before = (*x, *y);
        for (x, y) in rest {
            let half = before.1.midpoint(*y);
            let _ = write!(path, " C{} {half} {x} {half} {x} {y}", before.0);
            before = (*x, *y);
        }
        let (x, y) = before;
        let class = self.colour(thing);
        let _ = writeln!(
            self.shapes,
            "<path d=\"{path}\" class=\"line {class}\"/>\n<path d=\"M{} {} L{x} {y} L{} {}\" class=\"line {class}\"/>",
            x.saturating_sub(4),
            y.saturating_sub(6),
            x + 4,
            y.saturating_sub(6),
        );
    }

    /// The class of a thing's colour.
    pub(super) fn colour(&self, thing: usize) -> String {
        format!("c{}", self.colours.get(thing).copied().unwrap_or(0))
    }

    /// The whole document.
    pub(super) fn document(&self, note: &str, title: &str, width: usize, height: usize) -> String {
        let mut styles = STYLE.to_owned();
        let mut dark = DARK.to_owned();
        for index in self.colours.iter().collect::<BTreeSet<_>>() {
            let hue = index % HUES * 360 / HUES;
            let strength = if *index < HUES { 0 } else { 12 };
            let _ = writeln!(
                styles,
                "rect.c{index}{{fill:{};stroke:{}}} .line.c{index}{{stroke:{}}}",
                colour(hue, 70, 90 - strength),
                colour(hue, 45, 50),
                colour(hue, 45, 50),
            );
            let _ = writeln!(
                dark,
                "rect.c{index}{{fill:{};stroke:{}}} .line.c{index}{{stroke:{}}}",
                colour(hue, 40, 22 + strength),
                colour(hue, 45, 58),
                colour(hue, 45, 58),
            );
        }
        format!(
            "<!-- {} -->\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n<style>\n{styles}@media (prefers-color-scheme: dark) {{\n{dark}}}\n</style>\n<rect width=\"{width}\" height=\"{height}\" class=\"page\"/>\n{}</svg>\n",
            // A comment cannot hold two hyphens.
            escaped(note).replace("--", "- -"),
            escaped(title),
            self.shapes
        )
    }
}

/// Fonts are the reader's own: nothing is fetched.
const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#1f2328;font-size:12px}
text.title{font-size:20px;font-weight:700}
text.name{font-size:14px;font-weight:700}
text.node{font-weight:700;text-anchor:middle}
text.kind{font-size:11px;text-anchor:middle}
text.chip{font-size:11px;text-anchor:middle}
text.soft{fill:#59636e}
text.right{text-anchor:end}
text.middle{text-anchor:middle}
.page{fill:#ffffff}
.zone{fill:#f6f8fa;stroke:#d1d9e0}
.host{fill:#ffffff;stroke:#818b98}
.outside{fill:#f6f8fa;stroke:#59636e;stroke-dasharray:4 3}
.line{fill:none;stroke-width:1.5}
.grey{stroke:#818b98}
";

const DARK: &str = "\
text{fill:#f0f6fc}
text.soft{fill:#9198a1}
.page{fill:#0d1117}
.zone{fill:#151b23;stroke:#3d444d}
.host{fill:#0d1117;stroke:#656c76}
.outside{fill:#151b23;stroke:#9198a1}
.grey{stroke:#656c76}
";

/// Text as XML shows it. What no XML document may hold becomes a question mark.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\t' | '\n' | '\r' => out.push(' '),
                '\u{FFFE}' | '\u{FFFF}' => out.push('?'),
                c if c.is_control() => out.push('?'),
                c => out.push(c),
            }
            out
        })
}

/// A colour by hue (degrees), saturation and lightness (per cent), as `#rrggbb`: not every renderer knows `hsl()`.
fn colour(hue: usize, saturation: usize, lightness: usize) -> String {
    // In thousandths, as in the definition of HSL in CSS Color 4.
    let (saturation, lightness) = (saturation * 10, lightness * 10);
    let chroma = saturation * lightness.min(1000 - lightness) / 1000;
    let channel = |shift: usize| {
        let k = (shift * 30 + hue) % 360;
        let value = i64::try_from(lightness).unwrap_or(0)
            - i64::try_from(chroma).unwrap_or(0) * slope(k) / 1000;
        (value.clamp(0, 1000) * 255 + 500) / 1000
    };
    format!("#{:02x}{:02x}{:02x}", channel(0), channel(8), channel(4))
}

/// `max(-1, min(k - 3, 9 - k, 1))` of that definition, in thousandths, with `k` in degrees instead of twelfths.
fn slope(degrees: usize) -> i64 {
    let k = i64::try_from(degrees).unwrap_or(0) * 1000 / 30;
    (k - 3000).min(9000 - k).clamp(-1000, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(
            escaped("</text><script>&\"\n\u{7}"),
            "&lt;/text&gt;&lt;script&gt;&amp;&quot; ?"
        );
        let document = Drawing::new(vec![0]).document("a --> b", "<t>", 1, 1);
        assert!(document.starts_with("<!-- a - -&gt; b -->\n"), "{document}");
        assert!(document.contains("<title>&lt;t&gt;</title>"));
    }

    #[test]
    fn colours_are_those_of_css() {
        let check = |hue, saturation, lightness, expected: &str| {
            assert_eq!(colour(hue, saturation, lightness), expected);
        };
        check(0, 100, 50, "#ff0000");
        check(120, 100, 50, "#00ff00");
        check(240, 100, 50, "#0000ff");
        check(0, 0, 100, "#ffffff");
        check(60, 100, 25, "#808000");
    }
}
