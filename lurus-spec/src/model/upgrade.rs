//! How far the version of a program may be moved where there is data that it wrote.
//!
//! In: what a component or a target says of an image, and two pins of it. Out: whether the second would be started on data
//! that it does not take.

use crate::literal::Image;

/// How far the version in the tag of an image may be moved in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The name of the image in the inventory.
    pub image: &'static str,
    /// What stands before the version in its tag, such as `-pg` in `3.2.0-pg16`; empty where the tag begins with it.
    pub mark: &'static str,
    /// The farthest step.
    pub step: VersionStep,
    /// What happens to whoever goes farther, and what to do instead.
    pub instead: &'static str,
}

/// The farthest that a version may be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionStep {
    /// To any version with the same first number.
    SameMajor,
    /// To the next second number, and never back.
    NextMinor,
}

impl Upgrade {
    /// Whether a pin leads too far from the one before. Of a tag that has no such version nobody knows.
    #[must_use]
    pub fn refuses(&self, before: &str, after: &str) -> bool {
        let (Some(before), Some(after)) = (self.version(before), self.version(after)) else {
            return false;
        };
        match self.step {
            VersionStep::SameMajor => before.0 != after.0,
            VersionStep::NextMinor => {
                before.0 != after.0 || after.1 < before.1 || after.1 > before.1.saturating_add(1)
            }
        }
    }

    /// The first two numbers of the version; the second is 0 where there is none.
    fn version(&self, pin: &str) -> Option<(u32, u32)> {
        let image: Image = pin.parse().ok()?;
        let (_, version) = image.tag().split_once(self.mark)?;
        let mut numbers = version
            .trim_start_matches('v')
            .split(|c: char| !c.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|minor| minor.parse().ok());
        Some((major, minor.unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mark: &'static str, step: VersionStep, before: &str, after: &str, refuses: bool) {
        let upgrade = Upgrade {
            image: "app",
            mark,
            step,
            instead: "",
        };
        let [before, after] = [before, after].map(|tag| format!("example/app:{tag}"));
        assert_eq!(
            upgrade.refuses(&before, &after),
            refuses,
            "{before} → {after}"
        );
    }

    #[test]
    fn data_of_another_major_version_is_not_read() {
        let check =
            |before, after, refuses| check("", VersionStep::SameMajor, before, after, refuses);
        check("16.9-bookworm", "16.10-bookworm", false);
        check("16.9-bookworm", "17.0-bookworm", true);
        check("16.9-bookworm", "15.13-bookworm", true);
        check("16", "17", true);
        check("latest", "17", false);
    }

    #[test]
    fn the_version_stands_behind_its_mark() {
        let check =
            |before, after, refuses| check("-pg", VersionStep::SameMajor, before, after, refuses);
        check("3.2.0-pg16", "4.0.1-pg16", false);
        check("3.2.0-pg16", "3.2.0-pg17", true);
        check("3.2.0", "4.0.0", false);
    }

    #[test]
    fn no_minor_version_is_left_out_or_taken_back() {
        let check =
            |before, after, refuses| check("", VersionStep::NextMinor, before, after, refuses);
        check("v3.5.9", "v3.5.21", false);
        check("v3.5.21", "v3.5.9", false);
        check("v3.5.9", "v3.6.0", false);
        check("v3.4.9", "v3.6.0", true);
        check("v3.6.0", "v3.5.9", true);
        check("v1.35.5-k3s1", "v1.36.0-k3s1", false);
        check("v1.35.5-k3s1", "v1.37.0-k3s1", true);
        check("v3.5.9", "v4.0.0", true);
    }
}
