//! Where a site fetches images from when it does not reach the public registries.
//!
//! In: the mirrors that a site names. Out: an image's name there. Must not know: which images there are.

use std::collections::BTreeMap;

use crate::literal::{Image, LiteralError, Mirror, Registry};
use crate::model::Setting;

/// The mirrors of one site.
///
/// There are two kinds, as the registries that offer mirrors have two. One stands for a single registry, and has the
/// paths of that one: a proxy project of Harbor, a remote repository of Artifactory or Nexus, a rule of a cloud's
/// pull-through cache. The other stands for all of them, and has each under its own name:
/// `registry.example.com/mirror/quay.io/coreos/etcd`. It is also what a plain registry becomes into which somebody
/// copied the images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrors {
    /// The mirror of every registry that has none of its own.
    pub every: Option<Setting<Mirror>>,
    /// Mirrors of single registries.
    pub of: BTreeMap<Registry, Setting<Mirror>>,
}

impl Mirrors {
    /// The image's name at its mirror: `redis:7.2.5` becomes `harbor.example.com/hub/library/redis:7.2.5` at a mirror of
    /// Docker Hub, and `registry.example.com/mirror/docker.io/library/redis:7.2.5` at one of every registry. Its tag
    /// and its digest are kept. An image that lies at a mirror already is left where it is, and so is one without a
    /// mirror.
    ///
    /// # Errors
    /// When there is no such name: it would be too long, or the image's registry has a port, which can be no part of a
    /// path.
    pub fn image(&self, image: &Image) -> Result<Image, LiteralError> {
        let (registry, path) = image.location();
        let here_already = || {
            let mut all = self.of.values().chain(&self.every);
            all.any(|mirror| mirror.value.registry() == registry)
        };
        match (self.own(registry), &self.every) {
            (Some(mirror), _) => image.in_repository(&format!("{}/{path}", mirror.value)),
            (None, Some(every)) if !here_already() => {
                image.in_repository(&format!("{}/{registry}/{path}", every.value))
            }
            (None, Some(_) | None) => Ok(image.clone()),
        }
    }

    /// The mirror at which [`Mirrors::image`] looks for an image.
    pub(crate) fn mirror_of(&self, image: &Image) -> Option<&Setting<Mirror>> {
        self.own(image.location().0).or(self.every.as_ref())
    }

    fn own(&self, registry: &str) -> Option<&Setting<Mirror>> {
        let mut all = self.of.iter();
        all.find_map(|(of, mirror)| (of.as_str() == registry).then_some(mirror))
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::checked;
    use crate::report::Origin;

    use super::*;

    const DIGEST: &str = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn mirrors(every: Option<&str>, of: &[(&str, &str)]) -> Mirrors {
        let set = |mirror: &str| Setting::new(checked(mirror), Origin::caller());
        Mirrors {
            every: every.map(set),
            of: of
                .iter()
                .map(|(of, mirror)| (checked(of), set(mirror)))
                .collect(),
        }
    }

    #[track_caller]
    fn check(mirrors: &Mirrors, image: &str, expected: &str) {
        let found = mirrors
            .image(&checked(image))
            .map(|image| image.to_string());
        assert_eq!(found.as_deref(), Ok(expected));
    }

    #[test]
    fn a_mirror_of_one_registry_has_its_paths() {
        let of = [
            ("docker.io", "harbor.lan/hub"),
            ("quay.io", "10.0.0.5:5000"),
        ];
        let mirrors = mirrors(None, &of);
        check(
            &mirrors,
            "redis:7.2.5",
            "harbor.lan/hub/library/redis:7.2.5",
        );
        check(
            &mirrors,
            "docker.io/redis:7.2.5",
            "harbor.lan/hub/library/redis:7.2.5",
        );
        check(
            &mirrors,
            "index.docker.io/library/redis:7",
            "harbor.lan/hub/library/redis:7",
        );
        check(
            &mirrors,
            "bitnami/redis:7",
            "harbor.lan/hub/bitnami/redis:7",
        );
        check(
            &mirrors,
            "quay.io/coreos/etcd:v3.5.9",
            "10.0.0.5:5000/coreos/etcd:v3.5.9",
        );
        check(
            &mirrors,
            "ghcr.io/lurus/patroni:3.2.0",
            "ghcr.io/lurus/patroni:3.2.0",
        );
    }

    #[test]
    fn a_mirror_of_every_registry_has_their_names() {
        let mirrors = mirrors(Some("lan:5000/m"), &[("quay.io", "harbor.lan/quay")]);
        check(
            &mirrors,
            "redis:7.2.5",
            "lan:5000/m/docker.io/library/redis:7.2.5",
        );
        check(&mirrors, "ghcr.io/a/b:1", "lan:5000/m/ghcr.io/a/b:1");
        check(&mirrors, "localhost/a:1", "lan:5000/m/localhost/a:1");
        check(&mirrors, "quay.io/a/b:1", "harbor.lan/quay/a/b:1");
    }

    #[test]
    fn a_digest_is_kept() {
        let image = format!("redis:7.2.5{DIGEST}");
        let expected = format!("m.lan/docker.io/library/redis:7.2.5{DIGEST}");
        check(&mirrors(Some("m.lan"), &[]), &image, &expected);
    }

    #[test]
    fn what_lies_at_a_mirror_stays_there() {
        let mirrors = mirrors(Some("lan:5000/m"), &[("quay.io", "harbor.lan/quay")]);
        for image in ["lan:5000/lurus/patroni:1", "harbor.lan/lurus/patroni:1"] {
            check(&mirrors, image, image);
        }
    }

    #[test]
    fn some_images_have_no_name_at_a_mirror() {
        let mirrors = mirrors(Some("m.lan"), &[]);
        let long = format!("{}:1", "a".repeat(240));
        for image in ["registry.lan:5000/a:1", long.as_str()] {
            assert!(mirrors.image(&checked(image)).is_err(), "{image}");
        }
    }
}
