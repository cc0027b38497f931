//! What a platform may do by itself.

use crate::words::Words;

/// Something that components exist for, and that some platforms do by themselves: there such a component is left to the
/// platform, unless the description keeps it.
///
/// A component says which one is its own in
/// [`Component::duty`](crate::component::Component::duty), a target which ones its platform has in
/// [`Target::duties`](crate::target::Target::duties).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// One address leads to whichever host can serve.
    VirtualAddress,
    /// Clients of a role reach whichever member holds it.
    Balancing,
    /// A catalogue of everything that serves.
    Discovery,
    /// A store in which members of others elect one among themselves.
    Election,
    /// Requests from outside are told apart by name and path, and handed on.
    Edge,
}

impl Duty {
    /// What is done, as it follows on "the platform" in a sentence.
    pub fn says(self) -> Words {
        match self {
            Self::VirtualAddress => Words::new(
                "leads users to a host that serves",
                "把用户引导到可提供服务的主机",
            ),
            Self::Balancing => Words::new(
                "leads clients to the member that holds a role",
                "把客户端引导到担任某一角色的成员",
            ),
            Self::Discovery => Words::new("knows what serves where", "记录各服务实例的位置与状态"),
            Self::Election => Words::new(
                "keeps the elections of other components",
                "保存其他组件的选主信息",
            ),
            Self::Edge => Words::new("hands requests on by name and path", "按域名和路径转发请求"),
        }
    }
}
