//! What people do with a component that runs: how they see that it works, and what they do when it does not.
//!
//! In: a component's knowledge of its product, with the names and addresses of its own members. Out: procedures, from
//! which the book of the cluster is written. A step says what is done to which member; how that is typed, the target
//! knows.

use crate::literal::Name;
use crate::plan::Text;
use crate::words::Words;

/// Something that people do with a component, step by step.
///
/// ```
/// use lurus_spec::name;
/// use lurus_spec::plan::{Instruction, Procedure, ProcedureKind};
/// use lurus_spec::words::Words;
///
/// let check = Procedure::new(
///     ProcedureKind::Check,
///     Words::new("All servers answer", "所有服务器都有应答"),
///     Words::new("A server answers once it has read its log.", "服务器读完日志后才会应答。"),
/// )
/// .step(
///     Instruction::run(
///         Words::new("Ask the first one:", "查询第一台："),
///         &name!("store-1"),
///         ["store", "ping"],
///     )
///     .expect("pong"),
/// );
/// assert_eq!(check.steps.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// What it is for.
    pub kind: ProcedureKind,
    /// What it is, as a heading: `The primary is lost`.
    pub title: Words,
    /// What happens by itself and how long that takes, and what is at stake; whole sentences.
    pub explains: Words,
    /// What to do, in order; none where nothing is to be done.
    pub steps: Vec<Instruction>,
}

/// What a procedure is for. The book has a chapter for each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProcedureKind {
    /// Seeing that it works: after a deployment, and before and after each other procedure.
    Check,
    /// A kind of member has failed, or has lost its data.
    Failure,
    /// Giving a role to another member on purpose, before its host is taken down.
    Switchover,
    /// Giving roles back to where they were, after a failure.
    FailBack,
}

impl ProcedureKind {
    /// Every kind, in the order of the book.
    pub const ALL: [Self; 4] = [Self::Check, Self::Failure, Self::Switchover, Self::FailBack];
}

/// One step of a procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What to do and what to look at, as a sentence. It ends with a colon where a command follows.
    pub says: Words,
    /// What is done to which members, in order. A word in capitals, such as `MEMBER_ID`, is for the reader to replace.
    pub acts: Vec<(Name, Act)>,
    /// What is then to be seen: output as the program prints it, `…` for what is left out.
    pub expect: Option<String>,
}

/// Something that is done to one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Runs a command inside it, word by word; no shell reads it. Secrets are never words of it: what a command needs
    /// is in the member's environment.
    Run(Vec<String>),
    /// Runs a command on its host itself, with the rights of root, word by word. A place to run that has no such hosts has
    /// no such command.
    OnHost(Vec<String>),
    /// Shows the last lines that it wrote.
    Logs,
    /// Stops it, and it stays stopped.
    Stop,
    /// Starts it when it does not run, with the files and volumes that it has now.
    Start,
    /// Stops it and starts it again.
    Restart,
    /// Runs a task again, and waits for its end.
    Repeat,
    /// Deletes the volumes of a stopped member, with all data in them.
    Erase,
    /// Runs a stopped member with another command, in the foreground, until it is interrupted.
    Instead(Vec<Text>),
}

impl Procedure {
    /// A procedure without steps.
    pub fn new(kind: ProcedureKind, title: impl Into<Words>, explains: impl Into<Words>) -> Self {
        Self {
            kind,
            title: title.into(),
            explains: explains.into(),
            steps: Vec::new(),
        }
    }

    /// The procedure with one step more.
    #[must_use]
    pub fn step(mut self, step: Instruction) -> Self {
        self.steps.push(step);
        self
    }

    /// The procedure with two steps more: a stop in order, and a start once the work on the member or its host is done.
    #[must_use]
    pub fn stopped_for_work(self, member: &Name) -> Self {
        self.step(Instruction::act(
            Words::new(
                "Stop it, and wait until it has ended:",
                "停止它，并等待其结束：",
            ),
            member,
            Act::Stop,
        ))
        .step(Instruction::act(
            Words::new("Start it after the work:", "维护完成后启动它："),
            member,
            Act::Start,
        ))
    }
}

impl Instruction {
    /// Something to do or to know that is no command.
    pub fn say(says: impl Into<Words>) -> Self {
        Self {
            says: says.into(),
            acts: Vec::new(),
            expect: None,
        }
    }

    /// A command in one member.
    pub fn run<T: Into<String>>(
        says: impl Into<Words>,
        member: &Name,
        command: impl IntoIterator<Item = T>,
    ) -> Self {
        Self::say(says).and_run(member, command)
    }

    /// Something else that is done to one member.
    pub fn act(says: impl Into<Words>, member: &Name, act: Act) -> Self {
        Self::say(says).and(member, act)
    }

    /// A look at what a member wrote before it ended.
    pub fn read_why(member: &Name) -> Self {
        Self::act(Words::new("Read why:", "查看原因："), member, Act::Logs)
    }

    /// A start of a member that may run already.
    pub fn start(member: &Name) -> Self {
        let says = Words::new("Start it when it does not run:", "如果没有运行，则启动它：");
        Self::act(says, member, Act::Start)
    }

    /// The step with one more command in a member.
    #[must_use]
    pub fn and_run<T: Into<String>>(
        self,
        member: &Name,
        command: impl IntoIterator<Item = T>,
    ) -> Self {
        self.and(
            member,
            Act::Run(command.into_iter().map(Into::into).collect()),
        )
    }

    /// The step with something more that is done to a member.
    #[must_use]
    pub fn and(mut self, member: &Name, act: Act) -> Self {
        self.acts.push((member.clone(), act));
        self
    }

    /// The step with what is then to be seen.
    #[must_use]
    pub fn expect(mut self, output: impl Into<String>) -> Self {
        self.expect = Some(output.into());
        self
    }
}
