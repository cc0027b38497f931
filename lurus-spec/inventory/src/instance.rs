//! The instance types of clouds, by name, with their true sizes.
//!
//! In: a name. Out: its cores and its memory. The sizes are those of the vendors' pages: Alibaba Cloud, "Elastic Compute
//! Service, instance families" (`c7` has 2 GiB for a core, `g7` 4, `r7` 8), and Amazon EC2, "Instance types" (`c6i` has
//! 2 GiB for a core, `m6i` 4, `r6i` 8). A core is what the vendor calls a vCPU: half of a core with two threads.

/// An instance type.
pub(crate) struct Instance {
    /// `ecs.r7.xlarge`
    pub(crate) name: &'static str,
    /// Its vCPUs.
    pub(crate) cores: u32,
    /// Its memory, in GiB.
    pub(crate) memory_gib: u32,
}

/// The instance type of this name.
pub(crate) fn named(name: &str) -> Option<&'static Instance> {
    CATALOGUE.iter().find(|instance| instance.name == name)
}

/// The names of all instance types, sorted.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|instance| instance.name)
}

/// Sorted by family, and by size in it.
#[rustfmt::skip] // A table.
const CATALOGUE: &[Instance] = &[
    of("c6i.large",       2,   4),
    of("c6i.xlarge",      4,   8),
    of("c6i.2xlarge",     8,  16),
    of("c6i.4xlarge",    16,  32),
    of("ecs.c7.large",    2,   4),
    of("ecs.c7.xlarge",   4,   8),
    of("ecs.c7.2xlarge",  8,  16),
    of("ecs.c7.4xlarge", 16,  32),
    of("ecs.g7.large",    2,   8),
    of("ecs.g7.xlarge",   4,  16),
    of("ecs.g7.2xlarge",  8,  32),
    of("ecs.g7.4xlarge", 16,  64),
    of("ecs.r7.large",    2,  16),
    of("ecs.r7.xlarge",   4,  32),
    of("ecs.r7.2xlarge",  8,  64),
    of("ecs.r7.4xlarge", 16, 128),
    of("m6i.large",       2,   8),
    of("m6i.xlarge",      4,  16),
    of("m6i.2xlarge",     8,  32),
    of("m6i.4xlarge",    16,  64),
    of("r6i.large",       2,  16),
    of("r6i.xlarge",      4,  32),
    of("r6i.2xlarge",     8,  64),
    of("r6i.4xlarge",    16, 128),
];

const fn of(name: &'static str, cores: u32, memory_gib: u32) -> Instance {
    Instance {
        name,
        cores,
        memory_gib,
    }
}

#[cfg(test)]
mod tests {
    use lurus_literal::InstanceType;

    use super::*;

    /// A size doubles from one to the next of a family, and a family has one ratio: a mistyped row breaks one of both.
    #[test]
    fn rows_are_sorted_and_regular() {
        let family = |name: &'static str| name.rsplit_once('.').unwrap().0;
        let key = |instance: &Instance| (family(instance.name), instance.cores);
        assert!(CATALOGUE.is_sorted_by(|a, b| key(a) < key(b)));
        for instance in CATALOGUE {
            assert!(
                instance.name.parse::<InstanceType>().is_ok(),
                "{}",
                instance.name
            );
            let size = instance.name.rsplit_once('.').unwrap().1;
            let cores = match size.strip_suffix("xlarge") {
                Some("") => 4,
                Some(times) => 4 * times.parse::<u32>().unwrap(),
                None => 2,
            };
            assert_eq!(instance.cores, cores, "{}", instance.name);
            let per_core = match family(instance.name) {
                "c6i" | "ecs.c7" => 2,
                "ecs.g7" | "m6i" => 4,
                "ecs.r7" | "r6i" => 8,
                other => panic!("{other} has no ratio here"),
            };
            assert_eq!(instance.memory_gib, cores * per_core, "{}", instance.name);
        }
    }
}
