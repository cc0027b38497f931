//! Images that components run.

use crate::check::{Check, Rule, View};
use crate::literal::{Image, Name};
use crate::model::Inventory;
use crate::report::{Code, Diagnostic, Origin, Report, nearest};

const IMAGES_CODE: Code = Code::new("L0404");

pub(in crate::check) const IMAGES: Rule = Rule {
    code: IMAGES_CODE.as_str(),
    ensures: "Ensure the inventory pins the image of every component, and that the image is one that exists.",
    explain: r#"A component's image is the one of `.image(images::…)`, or the one that `spec/images.toml` has under its product's name. An
image is written with its version; `latest` is refused where it is read, since it is another program tomorrow.

Some names are known to be of no use: `patroni/patroni` was never published, the images of `bitnami` were moved away in
2025 and are updated no more, and `your-org` is a text that somebody was meant to replace.

Add a line to `spec/images.toml`, such as `redis = "redis:7.2.5-alpine"`, and pin it with a digest for production."#,
    source: "patroni/patroni issue 416; bitnami/containers issue 83267",
    check: Check::Described(images),
};

fn images(view: &View<'_>, report: &mut Report) {
    let inventory = &view.cluster.inventory;
    for (component, declaration) in &view.declared {
        let meta = component.meta();
        let name = &meta.name.value;
        // Where every group has an image of its own, the component's would run nothing.
        let runs_own = declaration
            .groups
            .iter()
            .any(|group| group.image.is_none() && !group.on_host);
        match (&meta.image, declaration.image) {
            (Some(set), _) => {
                pinned(inventory, set.value.name(), name, &set.origin, report);
            }
            (None, Some(product)) => {
                pinned(inventory, product, name, &meta.name.origin, report);
            }
            (None, None) if !runs_own => {}
            (None, None) => report.push(
                Diagnostic::error(IMAGES_CODE, format!("{name} names no image"))
                    .primary(
                        meta.name.origin.clone(),
                        "has no `.image(…)`, and its product has no image of its own",
                    )
                    .help("say `.image(images::…)`"),
            ),
        }
        for group in &declaration.groups {
            if let Some(own) = group.image {
                pinned(inventory, own, &group.name, &meta.name.origin, report);
            }
        }
    }
}

/// Reports an image that the inventory has not, or that is of no use.
fn pinned(
    inventory: &Inventory,
    wanted: &str,
    runner: &Name,
    origin: &Origin,
    report: &mut Report,
) {
    let finding = |title| Diagnostic::error(IMAGES_CODE, title);
    let Some(pin) = inventory.image(wanted) else {
        let finding = finding(format!("no image is pinned as `{wanted}`"))
            .primary(origin.clone(), format!("{runner} runs it"));
        let known = inventory.images().iter().map(|pin| pin.name.as_str());
        report.push(match nearest(wanted, known) {
            Some(meant) => finding.help(format!(
                "add `{wanted}` to `spec/images.toml`; it has `{meant}`"
            )),
            None => finding.help(format!("add `{wanted} = \"…\"` to `spec/images.toml`")),
        });
        return;
    };
    if let Some(why) = useless(&pin.written) {
        report.push(
            finding(format!("image {} cannot be used", pin.written))
                .primary(pin.origin.clone(), why)
                .secondary(origin.clone(), format!("{runner} runs it"))
                .help("write an image that is published and maintained, or one that you build"),
        );
    }
}

/// Images that nobody can use, by what is wrong with them.
fn useless(image: &Image) -> Option<&'static str> {
    let repository = image.repository();
    let path = match image.registry() {
        Some(registry) => repository[registry.len()..].trim_start_matches('/'),
        None => repository,
    };
    if path == "patroni/patroni" {
        Some("no such image was ever published: build one")
    } else if path.starts_with("bitnami/") {
        Some("the images of bitnami are updated no more")
    } else if path.split('/').any(|part| part.contains("your-org")) {
        Some("`your-org` stands for an organisation that was never filled in")
    } else {
        None
    }
}
