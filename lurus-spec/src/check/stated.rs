//! A component's declaration, with what is worked out of it: once for all targets, where none of them changes it.
//!
//! In: a component and what it may see of its cluster. Out: its declaration, which every target has that the component did
//! not ask about.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use crate::check::monitoring::Queries;
use crate::component::{Component, Declaration, Site};
use crate::literal::Name;
use crate::plan::Body;

/// Declarations by component.
pub type Declarations = BTreeMap<Name, Arc<Stated>>;

/// A declaration, and what was worked out of it.
#[derive(Debug)]
pub struct Stated {
    declaration: Declaration,
    /// Whether its component asked what the platform does: on another one it may declare something else.
    of_platform: bool,
    /// What its expressions ask for, once a rule has asked.
    pub(super) queries: OnceLock<Queries>,
    /// What its component made of declarations.
    made: Mutex<Vec<Made>>,
}

/// A file that is made of declarations.
#[derive(Debug)]
struct Made {
    name: String,
    /// The declarations. Nobody else has their addresses while they are known here.
    of: Vec<Weak<Stated>>,
    body: Arc<OnceLock<Body>>,
}

impl Made {
    fn is(&self, name: &str, of: &[Weak<Stated>]) -> bool {
        let mut pairs = self.of.iter().zip(of);
        self.name == name
            && self.of.len() == of.len()
            && pairs.all(|(one, other)| one.ptr_eq(other))
    }
}

impl Stated {
    /// What a component declares of itself.
    pub(crate) fn of(component: &dyn Component, site: &Site<'_>) -> Self {
        let asked = AtomicBool::new(false);
        let declaration = component.declare(&Site {
            platform: site.platform.telling(&asked),
            ..*site
        });
        Self {
            declaration,
            of_platform: asked.into_inner(),
            queries: OnceLock::new(),
            made: Mutex::default(),
        }
    }

    /// A file of the component that is made `of` declarations, and of nothing else that a target could change: once for
    /// all targets on which those are the same. Who asks first makes it; who asks meanwhile waits.
    pub fn made(&self, name: &str, of: &[&Arc<Self>], make: impl FnOnce() -> Body) -> Body {
        let of: Vec<Weak<Self>> = of.iter().copied().map(Arc::downgrade).collect();
        let body = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let known = made.iter().find(|made| made.is(name, &of));
            known.map(|made| Arc::clone(&made.body)).unwrap_or_else(|| {
                let body = Arc::default();
                made.push(Made {
                    name: name.to_owned(),
                    of,
                    body: Arc::clone(&body),
                });
                body
            })
        };
        body.get_or_init(make).clone()
    }

    /// Whether the component would declare the same, seeing the cluster on any platform.
    pub(super) fn holds_everywhere(&self) -> bool {
        !self.of_platform
    }
}

/// Each component with what it declares.
pub(crate) fn each(declarations: &Declarations) -> impl Iterator<Item = (&Name, &Declaration)> {
    let stated = declarations.iter();
    stated.map(|(component, stated)| (component, &stated.declaration))
}

impl Deref for Stated {
    type Target = Declaration;

    fn deref(&self) -> &Declaration {
        &self.declaration
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Checked, View};
    use crate::component::etcd::Etcd;
    use crate::component::patroni::Patroni;
    use crate::component::redis::RedisCluster;
    use crate::fixture::{NODES, cluster, target};
    use crate::yaml::Node;

    fn stated<'a>(checked: &'a Checked<'_>, component: &str) -> &'a Arc<Stated> {
        let component: Name = component.parse().unwrap();
        &checked.declarations[&component]
    }

    #[test]
    fn only_who_asks_for_the_platform_declares_anew_on_a_target() {
        let mut cluster = cluster();
        let etcd = cluster.add(Etcd::new("etcd").on(NODES));
        cluster.add(Patroni::new("pg").on(NODES).etcd(&etcd).database("shop"));
        cluster.add(RedisCluster::new("redis").on(NODES));
        let view = View::new(&cluster);
        let described = view.check().unwrap();
        let placed = view.on(target("k3s")).check().unwrap();
        let same =
            |component| Arc::ptr_eq(stated(&described, component), stated(&placed, component));
        assert!(same("redis"));
        assert!(!same("pg"));
        // Whose election the platform holds needs no store of its own.
        assert!(!stated(&described, "pg").needs.is_empty());
        assert!(stated(&placed, "pg").needs.is_empty());
    }

    #[test]
    fn a_file_is_made_once_of_the_same_declarations() {
        let mut cluster = cluster();
        cluster.add(Etcd::new("etcd").on(NODES));
        cluster.add(RedisCluster::new("redis").on(NODES));
        let described = View::new(&cluster).check().unwrap();
        let [etcd, redis] = ["etcd", "redis"].map(|component| stated(&described, component));
        let made = |name, of: &[&Arc<Stated>], value| {
            let body = redis.made(name, of, || Body::yaml(Node::Int(value)));
            body.filled(&|_| unreachable!()).into_owned()
        };
        assert_eq!(made("a.yml", &[redis], 1), "1\n");
        assert_eq!(made("a.yml", &[redis], 2), "1\n");
        assert_eq!(made("b.yml", &[redis], 3), "3\n");
        assert_eq!(made("a.yml", &[etcd], 4), "4\n");
        assert_eq!(made("a.yml", &[redis, etcd], 5), "5\n");
    }
}
