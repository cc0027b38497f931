//! What is known of every application, whatever it is: whether its instances answer.

use crate::component::observe::{Alert, Dashboard, Panel, RuleGroup, Severity, Unit};
use crate::literal::{Duration, Name};

/// The alerts of a service of so many instances.
pub(super) fn rules(name: &Name, instances: usize) -> RuleGroup {
    let meanwhile = if instances > 1 {
        format!("The other instances of {name} serve meanwhile.")
    } else {
        format!("It is the only one: {name} stands still meanwhile.")
    };
    let one = "up{$job,instance=\"a\"}";
    let other = "up{$job,instance=\"b\"}";
    RuleGroup::of(name)
        .alert(
            Alert::new(
                "ServiceInstanceDown",
                Severity::Critical,
                Duration::secs(60),
                "up{$job} == 0",
            )
            .says(
                "Service instance {{ $labels.instance }} is down",
                format!(
                    "{meanwhile} Read the last lines that the instance wrote; it is started again by itself when its program \
                     ends."
                ),
            )
            .fires(
                &[(one, "0x15"), (other, "1x15")],
                &[("instance", "a"), ("job", "$name")],
            )
            .silent(&[(one, "1x15"), (other, "1x15")]),
        )
        .alert(
            Alert::new(
                format!("{}JobAbsent", words(name)),
                Severity::Critical,
                Duration::secs(300),
                "absent(up{$job})",
            )
            .says(
                format!("Nobody asks {name} for its metrics"),
                format!(
                    "No other alert about {name} can fire meanwhile. Compare the jobs of the collector with the file that \
                     was generated for it."
                ),
            )
            .fires(&[("up{job=\"another\",instance=\"a\"}", "1x15")], &[("job", "$name")])
            .silent(&[(one, "0x15")]),
        )
}

/// The panels of a service.
pub(super) fn dashboard(name: &Name) -> Dashboard {
    Dashboard::new(name.as_str()).over(
        name,
        [
            Panel::last(
                "Instances that answer",
                Unit::Number,
                &[("sum(up{$job})", "instances")],
            ),
            Panel::lines(
                "Each instance",
                Unit::UpDown,
                &[("up{$job}", "{{instance}}")],
            ),
            Panel::lines(
                "Time that an instance takes to tell its metrics",
                Unit::Seconds,
                &[("scrape_duration_seconds{$job}", "{{instance}}")],
            ),
        ],
    )
}

/// `NewApi` of `new-api`.
fn words(name: &Name) -> String {
    let words = name.as_str().split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}
