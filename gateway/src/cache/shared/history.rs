//! What a gateway knows of the purges of all gateways, so as to tell which shared response is still good.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use cache::Mark;

use super::super::key::Key;
use super::super::purge::Purge;
use super::record::Force;

/// More purges than these are not told apart: what was stored before the oldest of them counts as gone.
const MOST: usize = 100_000;

/// More of them than these that nobody could be told of are one of everything: Redis has been away for long.
const MOST_PENDING: usize = 10_000;

/// Whether a shared response may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    /// Only once its upstream has confirmed it.
    Stale,
    /// Something of it has been dropped since it was fetched, or nobody knows.
    Gone,
}

/// Purges by what they concern, each with the newest note of it.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Up to where the notes have been read.
    seen: Mark,
    /// From where they are known. Nothing is known before the first has been read.
    floor: Option<Mark>,
    hard: Purges,
    soft: Purges,
    /// All of them in the order in which they became known.
    order: VecDeque<(Purge, Force, Mark)>,
    /// Those of this gateway that no note tells of yet, by their numbers.
    pending: BTreeMap<u64, Pending>,
    tickets: u64,
}

/// Purges that were made together.
pub(super) type Pending = (Arc<[Purge]>, Force);

#[derive(Debug, Default)]
struct Purges {
    at: HashMap<Purge, Mark>,
    /// Those of `at` that a look-up cannot find.
    prefixes: Vec<String>,
}

impl History {
    pub(super) fn seen(&self) -> Mark {
        self.seen
    }

    pub(super) fn is_known(&self) -> bool {
        self.floor.is_some()
    }

    /// The notes from `mark` on can be read.
    pub(super) fn begin_at(&mut self, mark: Mark) {
        self.floor = Some(mark);
    }

    /// Notes were lost: nothing is known of what was stored before the next one.
    pub(super) fn restart(&mut self) {
        self.seen = Mark::default();
        self.floor = None;
    }

    /// Everything up to `mark` has been read.
    pub(super) fn read_to(&mut self, mark: Mark) {
        self.seen = self.seen.max(mark);
    }

    pub(super) fn learn(&mut self, mark: Mark, purge: Purge, force: Force) {
        self.purges(force).learn(mark, &purge);
        self.order.push_back((purge, force, mark));
        if self.order.len() > MOST {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((purge, force, mark)) = self.order.pop_front() else { return };
        self.purges(force).forget(mark, &purge);
        self.floor = self.floor.map(|floor| floor.max(mark));
    }

    /// Keeps in mind what this gateway has purged, until it is [`told`](Self::told).
    pub(super) fn pend(&mut self, purges: Arc<[Purge]>, force: Force) -> u64 {
        self.tickets += 1;
        self.pending.insert(self.tickets, (purges, force));
        if self.pending.len() > MOST_PENDING {
            self.pend_all();
        }
        self.tickets
    }

    /// What is pending is too much to be told apart: one purge of everything stands for it.
    fn pend_all(&mut self) {
        let is_hard = self.pending.values().any(|(_, force)| *force == Force::Hard);
        let force = if is_hard { Force::Hard } else { Force::Soft };
        self.pending = BTreeMap::from([(self.tickets, (Arc::from([Purge::All]), force))]);
    }

    /// The number of the last that was pended; 0 when none was.
    pub(super) fn newest(&self) -> u64 {
        self.tickets
    }

    /// The oldest after this number that nobody was told of, at most so many, with the number of the last.
    pub(super) fn untold(&self, after: u64, most: usize) -> Option<(u64, Vec<Pending>)> {
        let batch: Vec<_> = self.pending.range(after + 1..).take(most).collect();
        let last = *batch.last()?.0;
        Some((last, batch.into_iter().map(|(_, pending)| pending.clone()).collect()))
    }

    /// All up to this number are in the note at `mark`.
    pub(super) fn told(&mut self, ticket: u64, mark: Mark) {
        let later = self.pending.split_off(&(ticket + 1));
        for (purges, force) in std::mem::replace(&mut self.pending, later).into_values() {
            for purge in &*purges {
                self.learn(mark, purge.clone(), force);
            }
        }
    }

    /// How a response stands that was fetched when its gateway had read the notes to `stamp`.
    pub(super) fn standing(&self, stamp: Mark, key: &Key, groups: &[Arc<str>]) -> Standing {
        if self.floor.is_none_or(|floor| stamp < floor) {
            return Standing::Gone;
        }
        let concerned = |force: Force| {
            let purges = match force {
                Force::Hard => &self.hard,
                Force::Soft => &self.soft,
            };
            let pending = || self.pending.values().filter(|(_, pending)| *pending == force);
            purges.since(stamp, key, groups)
                || pending().any(|(purges, _)| purges.iter().any(|purge| purge.concerns(key, groups)))
        };
        if concerned(Force::Hard) {
            Standing::Gone
        } else if concerned(Force::Soft) {
            Standing::Stale
        } else {
            Standing::Good
        }
    }

    fn purges(&mut self, force: Force) -> &mut Purges {
        match force {
            Force::Hard => &mut self.hard,
            Force::Soft => &mut self.soft,
        }
    }
}

impl Purges {
    fn learn(&mut self, mark: Mark, purge: &Purge) {
        let at = self.at.entry(purge.clone()).or_insert_with(|| {
            if let Purge::Prefix(prefix) = purge {
                self.prefixes.push(prefix.clone());
            }
            mark
        });
        *at = mark.max(*at);
    }

    fn forget(&mut self, mark: Mark, purge: &Purge) {
        if self.at.get(purge) == Some(&mark) {
            self.at.remove(purge);
            if let Purge::Prefix(prefix) = purge {
                self.prefixes.retain(|known| known != prefix);
            }
        }
    }

    fn since(&self, stamp: Mark, key: &Key, groups: &[Arc<str>]) -> bool {
        let is_later = |purge: &Purge| self.at.get(purge).is_some_and(|mark| *mark > stamp);
        let prefixes = self.prefixes.iter().filter(|prefix| key.path().starts_with(prefix.as_str()));
        is_later(&Purge::All)
            || groups.iter().any(|group| is_later(&Purge::Group(Arc::clone(group))))
            || is_later(&Purge::Key(key.clone()))
            || prefixes.into_iter().any(|prefix| is_later(&Purge::Prefix(prefix.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::key::KeyRef;
    use super::*;

    fn mark(millis: u64) -> Mark {
        Mark { millis, number: 0 }
    }

    fn key(path: &str) -> Key {
        KeyRef { host: "h", path, query: "" }.to_key()
    }

    fn group(name: &str) -> Purge {
        Purge::Group(name.into())
    }

    /// One that has read the notes from 10 on.
    fn reading() -> History {
        let mut history = History::default();
        history.begin_at(mark(10));
        history.read_to(mark(20));
        history
    }

    #[test]
    fn what_was_purged_after_it_was_fetched_is_gone_and_nothing_else_is() {
        let items = [Arc::from("items")];
        for purge in [Purge::All, group("items"), Purge::Prefix("/a".to_owned()), Purge::Key(key("/a/1"))] {
            let mut history = reading();
            history.learn(mark(30), purge.clone(), Force::Hard);
            assert_eq!(history.standing(mark(29), &key("/a/1"), &items), Standing::Gone, "{purge:?}");
            assert_eq!(history.standing(mark(30), &key("/a/1"), &items), Standing::Good, "{purge:?}");
        }
        let mut history = reading();
        history.learn(mark(30), group("items"), Force::Soft);
        assert_eq!(history.standing(mark(29), &key("/a/1"), &items), Standing::Stale);
        assert_eq!(history.standing(mark(29), &key("/a/1"), &[Arc::from("others")]), Standing::Good);
    }

    #[test]
    fn nothing_older_than_what_is_known_is_used() {
        assert_eq!(History::default().standing(mark(99), &key("/a"), &[]), Standing::Gone);
        assert_eq!(reading().standing(mark(9), &key("/a"), &[]), Standing::Gone);
        let mut history = reading();
        history.restart();
        assert!(!history.is_known());
        assert_eq!(history.standing(mark(15), &key("/a"), &[]), Standing::Gone);
    }

    #[test]
    fn a_gateways_own_purge_counts_before_anybody_was_told_and_after() {
        let mut history = reading();
        let ticket = history.pend(Arc::from([group("items")]), Force::Hard);
        let standing = |history: &History, at| history.standing(mark(at), &key("/a"), &[Arc::from("items")]);
        assert_eq!(standing(&history, 99), Standing::Gone, "nobody knows yet what comes after it");
        assert_eq!(history.untold(0, 10).unwrap().0, ticket);
        assert!(history.untold(ticket, 10).is_none());
        history.told(ticket, mark(50));
        assert_eq!((standing(&history, 49), standing(&history, 50)), (Standing::Gone, Standing::Good));
        assert!(history.untold(0, 10).is_none());
    }

    #[test]
    fn more_than_can_be_told_apart_are_told_as_one_of_everything() {
        let mut history = reading();
        let mut last = 0;
        for number in 0..=MOST_PENDING {
            last = history.pend(Arc::from([group(&number.to_string())]), Force::Soft);
        }
        let (ticket, batch) = history.untold(0, MOST_PENDING).unwrap();
        assert_eq!((ticket, batch.len()), (last, 1));
        assert_eq!(batch[0], (Arc::from([Purge::All]), Force::Soft));
        assert_eq!(history.standing(mark(99), &key("/a"), &[Arc::from("0")]), Standing::Stale);
        history.pend(Arc::from([group("more")]), Force::Hard);
        assert_eq!(history.untold(0, MOST_PENDING).unwrap().1.len(), 2, "what comes later is told apart again");
    }

    #[test]
    fn what_is_forgotten_raises_the_floor() {
        let mut history = reading();
        for at in 0..u64::try_from(MOST).unwrap() + 5 {
            history.learn(mark(100 + at), group(&at.to_string()), Force::Hard);
        }
        assert_eq!(history.standing(mark(103), &key("/a"), &[]), Standing::Gone);
        assert_eq!(history.standing(mark(104), &key("/a"), &[]), Standing::Good);
        assert_eq!(history.order.len(), MOST);
    }
}
