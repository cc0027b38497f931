//! What settings need of a place to run, and what a description does without.
//!
//! In: nothing. Out: an [`Ability`] for whatever only some places have, which an option names beside its default, and what
//! an author leaves out where it is missing. It knows no place: which ones have an ability, each says itself.

use std::fmt;

use crate::literal::Name;
use crate::model::ComponentRef;
use crate::words::Words;

/// What a place to run has, or does not have, and without which a setting cannot do what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// Several machines: what is on one of them can be lost alone, and each has its addresses of the IP plan.
    Hosts,
    /// A member stays on the host that the description names for it, also when it has no data there.
    Placement,
    /// Members listen on the networks of the site, and each on the one that is named.
    Networks,
    /// Of who connects from outside of the cluster, the address is looked at.
    Callers,
    /// Hosts let nobody but operators in, and those only from their networks.
    Operators,
    /// A stack, a part of the cluster, starts alone.
    Stacks,
    /// A member that hangs is found and started again, and not only one whose process ends.
    Liveness,
}

impl Ability {
    /// Every ability.
    pub const ALL: [Self; 7] = [
        Self::Hosts,
        Self::Placement,
        Self::Networks,
        Self::Callers,
        Self::Operators,
        Self::Stacks,
        Self::Liveness,
    ];

    /// What is so where it is missing, as a part of a sentence.
    pub fn without(self) -> Words {
        match self {
            Self::Hosts => Words::new(
                "everything is on one machine: no host and no zone is lost alone, and nobody has an address of the IP plan",
                "全部成员在同一台机器上：不会单独失去某台主机或某个可用区，也没有成员使用 IP 规划中的地址",
            ),
            Self::Placement => Words::new(
                "a member without data is on any host of its group: the n-th need not be on the n-th host",
                "没有数据的成员可以在其分组的任意一台主机上：第 n 个成员不一定在第 n 台主机上",
            ),
            Self::Networks => Words::new(
                "members are on one network of the platform's own, and listen on none of the site's",
                "成员都在平台自己的网络中，不在站点的任何网络上监听",
            ),
            Self::Callers => Words::new(
                "nobody looks at the addresses of those who connect from outside of the cluster",
                "不检查从集群外部发起连接的来源地址",
            ),
            Self::Operators => Words::new(
                "who may log in to a host is not said there: its own packet filter stays as it is",
                "不限制谁可以登录主机：主机自身的包过滤规则保持原样",
            ),
            Self::Stacks => Words::new(
                "everything starts together: no stack starts alone",
                "全部服务一起启动：任何 stack 都不能单独启动",
            ),
            Self::Liveness => Words::new(
                "a member that hangs is left alone until its process ends",
                "失去响应的成员在其进程退出之前不会被重启",
            ),
        }
    }
}

/// As an author types it, without the type: `Hosts`.
impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hosts => "Hosts",
            Self::Placement => "Placement",
            Self::Networks => "Networks",
            Self::Callers => "Callers",
            Self::Operators => "Operators",
            Self::Stacks => "Stacks",
            Self::Liveness => "Liveness",
        })
    }
}

/// What a target does without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Omitted {
    /// A whole component: it is written for the other targets only.
    Component(Name),
    /// What every setting says that needs this ability.
    Ability(Ability),
}

impl<R: ComponentRef> From<&R> for Omitted {
    fn from(component: &R) -> Self {
        Self::Component(component.name().clone())
    }
}

impl From<Ability> for Omitted {
    fn from(ability: Ability) -> Self {
        Self::Ability(ability)
    }
}

/// As the first argument of `Cluster::omit`: `&vip`, `Ability::Hosts`.
impl fmt::Display for Omitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component(name) => write!(f, "&{}", name.as_str().replace('-', "_")),
            Self::Ability(ability) => write!(f, "Ability::{ability}"),
        }
    }
}
