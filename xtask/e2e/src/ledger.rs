//! What one writer was promised, and whether the promise was kept.
//!
//! In: the number, the times and the outcome of each write, and later the numbers that were read back. Out: [`Audit`] and the
//! longest time without an answer. It must not know what was written to.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// How a service took a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It promised that the loss of any one member does not undo it.
    Acknowledged,
    /// It took the write, but promised nothing: no replica has confirmed it.
    Unconfirmed,
}

/// The record of one writer. Each number is tried once, so that a number found twice is the service's doing.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    attempts: u64,
    acknowledged: BTreeSet<u64>,
    answers: Vec<Answered>,
    /// When each write was begun that was not answered.
    failures: Vec<Instant>,
    last_error: Option<String>,
    last_audit: Option<Audit>,
}

#[derive(Debug)]
struct Answered {
    started: Instant,
    ended: Instant,
    answer: Answer,
}

/// What reading back showed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Audit {
    /// Numbers that were tried: 1 to this.
    pub(crate) attempts: u64,
    /// How many of them were acknowledged.
    pub(crate) acknowledged: usize,
    /// Acknowledged, and not there.
    pub(crate) lost: Vec<u64>,
    /// There more than once.
    pub(crate) duplicates: Vec<u64>,
    /// There without an acknowledgement: its answer was lost, which is allowed.
    pub(crate) unpromised: usize,
    /// Tried, not acknowledged and not there: a gap, which is allowed.
    pub(crate) gaps: usize,
    /// There, and never tried: whatever was read is not what this writer wrote.
    pub(crate) foreign: Vec<u64>,
}

impl Ledger {
    /// The next number to write.
    pub(crate) fn next(&mut self) -> u64 {
        self.attempts += 1;
        self.attempts
    }

    /// How many numbers were tried: 1 to this.
    pub(crate) fn attempts(&self) -> u64 {
        self.attempts
    }

    /// Records that write `id`, started at `started`, was answered just now.
    pub(crate) fn answered(&mut self, id: u64, started: Instant, answer: Answer) {
        self.answers.push(Answered {
            started,
            ended: Instant::now(),
            answer,
        });
        match answer {
            Answer::Acknowledged => {
                self.acknowledged.insert(id);
            }
            Answer::Unconfirmed => {}
        }
    }

    /// Records why the write that was started at `started` was not answered.
    pub(crate) fn failed(&mut self, started: Instant, error: String) {
        self.failures.push(started);
        self.last_error = Some(error);
    }

    /// How many of the writes were not answered that were started between `from` and `to`, and how long after `from` the last
    /// of them was started.
    pub(crate) fn failures(&self, from: Instant, to: Instant) -> (usize, Duration) {
        let inside = self
            .failures
            .iter()
            .filter(|started| **started >= from && **started < to);
        let last = inside.clone().max();
        (
            inside.count(),
            last.map_or(Duration::ZERO, |last| last.duration_since(from)),
        )
    }

    /// Why the last unanswered write was not answered.
    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// Whether a write that was started after `since` was answered.
    pub(crate) fn answers_since(&self, since: Instant) -> bool {
        self.answers.last().is_some_and(|last| last.started > since)
    }

    /// Whether a write that was started after `since` was answered as well as the best one before: acknowledged, unless the
    /// service has never acknowledged anything.
    pub(crate) fn recovered_since(&self, since: Instant) -> bool {
        let promises = !self.acknowledged.is_empty();
        self.answers
            .iter()
            .rev()
            .take_while(|entry| entry.started > since)
            .any(|entry| entry.answer == Answer::Acknowledged || !promises)
    }

    /// The longest time without an answer between `from` and `to`.
    pub(crate) fn longest_pause(&self, from: Instant, to: Instant) -> Duration {
        let inside = self
            .answers
            .iter()
            .map(|entry| entry.ended)
            .filter(|ended| *ended > from && *ended < to);
        let mut longest = Duration::ZERO;
        let mut last = from;
        for moment in inside.chain([to]) {
            longest = longest.max(moment.saturating_duration_since(last));
            last = moment;
        }
        longest
    }

    /// Records the newest audit.
    pub(crate) fn audited(&mut self, audit: Audit) {
        self.last_audit = Some(audit);
    }

    /// The newest audit.
    pub(crate) fn last_audit(&self) -> Option<&Audit> {
        self.last_audit.as_ref()
    }

    /// Compares what was promised with what was `found`.
    pub(crate) fn audit(&self, found: &[u64]) -> Audit {
        let mut seen = BTreeSet::new();
        let mut duplicates = BTreeSet::new();
        for id in found {
            if !seen.insert(*id) {
                duplicates.insert(*id);
            }
        }
        let tried = 1..=self.attempts;
        let unpromised = seen
            .iter()
            .filter(|id| tried.contains(id) && !self.acknowledged.contains(id))
            .count();
        let stored = self.acknowledged.intersection(&seen).count();
        let lost: Vec<u64> = self.acknowledged.difference(&seen).copied().collect();
        let not_acknowledged =
            usize::try_from(self.attempts).unwrap_or(usize::MAX) - stored - lost.len();
        Audit {
            attempts: self.attempts,
            acknowledged: self.acknowledged.len(),
            lost,
            duplicates: duplicates.into_iter().collect(),
            unpromised,
            gaps: not_acknowledged - unpromised,
            foreign: seen
                .iter()
                .filter(|id| !tried.contains(id))
                .copied()
                .collect(),
        }
    }
}

/// The first few of `numbers`, for a message.
pub(crate) fn sample(numbers: &[u64]) -> String {
    let shown: Vec<_> = numbers.iter().take(10).map(u64::to_string).collect();
    let more = if numbers.len() > shown.len() {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of five writes: 1, 2 and 4 acknowledged, 3 unconfirmed, 5 failed.
    fn five() -> Ledger {
        let mut ledger = Ledger::default();
        for expected in 1..=5 {
            assert_eq!(ledger.next(), expected);
        }
        let now = Instant::now();
        for id in [1, 2, 4] {
            ledger.answered(id, now, Answer::Acknowledged);
        }
        ledger.answered(3, now, Answer::Unconfirmed);
        ledger.failed(now, String::from("connection refused"));
        ledger
    }

    #[test]
    fn a_lost_number_is_noticed() {
        let audit = five().audit(&[1, 4]);
        assert_eq!(audit.lost, [2]);
        assert_eq!(
            (
                audit.attempts,
                audit.acknowledged,
                audit.unpromised,
                audit.gaps
            ),
            (5, 3, 0, 2)
        );
        assert_eq!(five().audit(&[]).lost, [1, 2, 4]);
    }

    #[test]
    fn nothing_is_lost_when_all_that_was_promised_is_there() {
        let audit = five().audit(&[4, 2, 1, 5]);
        let expected = Audit {
            attempts: 5,
            acknowledged: 3,
            unpromised: 1,
            gaps: 1,
            ..Audit::default()
        };
        assert_eq!(audit, expected);
    }

    #[test]
    fn a_number_that_is_there_twice_is_noticed() {
        assert_eq!(five().audit(&[1, 2, 2, 4, 2]).duplicates, [2]);
    }

    #[test]
    fn a_number_that_was_never_tried_is_noticed() {
        let audit = five().audit(&[1, 2, 4, 6, 0]);
        assert_eq!(audit.foreign, [0, 6]);
        assert_eq!(audit.unpromised, 0);
    }

    /// A ledger with answers at these milliseconds after the returned moment.
    fn answers_at(milliseconds: &[u64]) -> (Ledger, Instant) {
        let zero = Instant::now();
        let answers = milliseconds.iter().map(|at| {
            let moment = zero + Duration::from_millis(*at);
            Answered {
                started: moment,
                ended: moment,
                answer: Answer::Unconfirmed,
            }
        });
        (
            Ledger {
                answers: answers.collect(),
                ..Ledger::default()
            },
            zero,
        )
    }

    #[test]
    fn the_longest_pause_counts_both_ends() {
        let pause = |answers: &[u64], from: u64, to: u64| {
            let (ledger, zero) = answers_at(answers);
            let at = |milliseconds| zero + Duration::from_millis(milliseconds);
            ledger.longest_pause(at(from), at(to)).as_millis()
        };
        assert_eq!(pause(&[10, 20, 90, 100], 10, 110), 70);
        assert_eq!(pause(&[10, 20], 20, 100), 80, "silent until the end");
        assert_eq!(pause(&[70, 80], 20, 90), 50, "silent from the start");
        assert_eq!(pause(&[], 0, 30), 30, "never answered");
    }

    #[test]
    fn failures_are_counted_by_when_they_were_begun() {
        let (mut ledger, zero) = answers_at(&[]);
        let at = |milliseconds| zero + Duration::from_millis(milliseconds);
        for milliseconds in [10, 30, 70, 90] {
            ledger.failed(at(milliseconds), String::from("connection refused"));
        }
        let milliseconds = Duration::from_millis;
        assert_eq!(ledger.failures(at(20), at(80)), (2, milliseconds(50)));
        assert_eq!(ledger.failures(at(91), at(200)), (0, milliseconds(0)));
    }

    #[test]
    fn an_unconfirmed_answer_is_enough_only_where_nothing_better_is_promised() {
        let (mut ledger, zero) = answers_at(&[10]);
        assert!(ledger.answers_since(zero) && ledger.recovered_since(zero));
        assert!(!ledger.answers_since(zero + Duration::from_millis(10)));
        ledger.acknowledged.insert(1);
        assert!(ledger.answers_since(zero) && !ledger.recovered_since(zero));
    }

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(sample(&[1, 2]), "1, 2");
        assert!(sample(&(1..=11).collect::<Vec<_>>()).ends_with("10, …"));
    }
}
