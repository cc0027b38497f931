//! Whether images have a name at the site's mirrors, and mirrors an image.

use std::collections::BTreeSet;

use crate::check::{Check, Rule, View, listed};
use crate::report::{Code, Diagnostic, Report, nearest};

const MIRRORS_CODE: Code = Code::new("L0415");

pub(super) const MIRRORS: Rule = Rule {
    code: MIRRORS_CODE.as_str(),
    ensures: "Ensure every image has a name at the site's mirror, and warn of a mirror from which nothing is fetched.",
    explain: r#"Where public registries are out of reach, `[registry]` in the file of a site names the mirrors from which its images are
fetched. At the mirror of every registry, an image has the name of its own registry in its path. A path has no place for
a port, so that an image of `registry.lan:5000` cannot be named there; and a name has at most 255 characters. Such an
image would be fetched from its own registry, past the mirror.

A mirror of a registry from which no image of `spec/images.toml` comes does nothing. Mostly its name is mistyped, and the
images that it was meant for are fetched past it.

Give the registry with the port a mirror of its own in `[registry.mirrors]`, or write the name of the registry as the
images have it. That of an image such as `redis:7.2.5-alpine` is `docker.io`."#,
    source: "distribution/reference: grammar of names; Harbor, proxy cache projects; seen: clients refuse a port inside a path",
    check: Check::Described(mirrors),
};

fn mirrors(view: &View<'_>, report: &mut Report) {
    let inventory = &view.cluster.inventory;
    let mirrors = inventory.mirrors();
    for pin in inventory.images() {
        let (Err(why), Some(mirror)) =
            (mirrors.image(&pin.written), mirrors.mirror_of(&pin.written))
        else {
            continue;
        };
        let (registry, _) = pin.written.location();
        report.push(
            Diagnostic::error(
                MIRRORS_CODE,
                format!("image {} has no name at {}", pin.written, mirror.value),
            )
            .primary(mirror.origin.clone(), "the mirror")
            .primary(pin.origin.clone(), "the image")
            .note(why.message())
            .help(format!(
                "write a mirror of {registry} alone, and a short one: `\"{registry}\" = \"…\"` in `[registry.mirrors]`"
            )),
        );
    }
    let registries: BTreeSet<&str> = inventory
        .images()
        .iter()
        .map(|pin| pin.written.location().0)
        .collect();
    for (registry, mirror) in &mirrors.of {
        if registries.contains(registry.as_str()) {
            continue;
        }
        let finding = Diagnostic::warning(
            MIRRORS_CODE,
            format!("no image comes from {registry}, so nothing is fetched from its mirror"),
        )
        .primary(mirror.origin.clone(), format!("the mirror of {registry}"));
        report.push(
            match nearest(registry.as_str(), registries.iter().copied()) {
                Some(meant) => finding.help(format!("did you mean `{meant}`?")),
                None => finding.help(format!("images come from {}", listed(&registries))),
            },
        );
    }
}
