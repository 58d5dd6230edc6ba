//! Random schedules against a small model of the participants, which keep their word: a key happens once, and what was
//! undone before it was done is refused for ever.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use order_api::{LineProgress, OrderState};

use super::tests::{order, order_of, start};
use super::{Answer, Command, Decision, Event, Keep};
use crate::domain::line::Line;
use crate::domain::order::{Order, Party};
use crate::domain::stage::Stage;
use crate::domain::step::{Action, Progress, Step};

/// As many as the design asks for.
const SCHEDULES: u64 = 10_000;

/// A generator of few lines is enough for schedules, and its seed names each of them (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shelf {
    Held,
    Confirmed,
    Out,
    Back,
    Released,
}

/// The hold on money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Hold {
    #[default]
    Unknown,
    /// What is left of it.
    Held(i64),
    /// Voided before it was asked for.
    Tombstone,
}

#[derive(Debug, Default)]
struct World {
    shelves: BTreeMap<usize, Shelf>,
    hold: Hold,
    /// Captures and refunds by the number of their step.
    captured: BTreeMap<u32, i64>,
    refunded: BTreeMap<u32, i64>,
    refuses: Option<usize>,
    declines: bool,
    /// How often something that is promised is not there when it is fetched.
    late: u64,
}

impl World {
    fn perform(&mut self, order: &Order, command: Command) -> Answer {
        let refused = |why: &str| Answer::Refused(why.to_owned());
        let shelf = |line| self.shelves.get(&line).copied();
        match command.action {
            Action::Reserve { line } => match shelf(line) {
                Some(Shelf::Released) => return refused("released"),
                Some(_) => {}
                None if self.refuses == Some(line) => return refused("not free"),
                None => drop(self.shelves.insert(line, Shelf::Held)),
            },
            Action::Confirm { line } => match shelf(line) {
                Some(Shelf::Held | Shelf::Confirmed) => drop(self.shelves.insert(line, Shelf::Confirmed)),
                _ => return refused("no hold"),
            },
            Action::CheckOut { line } => match shelf(line) {
                Some(Shelf::Confirmed) if self.late > 0 => {
                    self.late -= 1;
                    return Answer::NotNow("not back yet".to_owned());
                }
                Some(Shelf::Confirmed | Shelf::Out) => drop(self.shelves.insert(line, Shelf::Out)),
                _ => return refused("not promised"),
            },
            Action::TakeBack { line } => match shelf(line) {
                Some(Shelf::Out | Shelf::Back) => drop(self.shelves.insert(line, Shelf::Back)),
                _ => return refused("not out"),
            },
            Action::Release { line } => match shelf(line) {
                Some(Shelf::Out | Shelf::Back) => return refused("it is out"),
                _ => drop(self.shelves.insert(line, Shelf::Released)),
            },
            Action::Authorise => match self.hold {
                Hold::Tombstone => return refused("voided"),
                Hold::Held(_) => {}
                Hold::Unknown if self.declines => return refused("declined"),
                Hold::Unknown => self.hold = Hold::Held(order.total() + order.deposit_total()),
            },
            Action::Void => {
                self.hold = if let Hold::Held(_) = self.hold { Hold::Held(0) } else { Hold::Tombstone };
            }
            Action::Capture { amount } => return self.capture(command.step, amount),
            Action::Refund { amount } => {
                let left = self.captured.values().sum::<i64>() - self.refunded.values().sum::<i64>();
                if !self.refunded.contains_key(&command.step) && left < amount {
                    return refused("not taken");
                }
                self.refunded.insert(command.step, amount);
            }
        }
        Answer::Done
    }

    fn capture(&mut self, step: u32, amount: i64) -> Answer {
        let Hold::Held(held) = self.hold else { return Answer::Refused("nothing held".to_owned()) };
        if !self.captured.contains_key(&step) {
            if held < amount {
                return Answer::Refused("not so much held".to_owned());
            }
            self.hold = Hold::Held(held - amount);
            self.captured.insert(step, amount);
        }
        Answer::Done
    }

    fn held(&self) -> i64 {
        if let Hold::Held(amount) = self.hold { amount } else { 0 }
    }
}

struct Schedule {
    dice: Dice,
    world: World,
    order: Order,
    now: DateTime<Utc>,
    /// Answers that come again, later and in another order.
    stale: Vec<Event>,
    /// Whether what could not be fetched is fetched later.
    comes_again: bool,
}

impl Schedule {
    fn happen(&mut self, event: Event) {
        // What people may not do is refused and changes nothing.
        if let Ok(next) = self.order.clone().decide(event, self.now) {
            self.order = next;
        }
    }

    /// One turn of a worker, which may die before or after it has asked.
    fn work(&mut self, faults: bool) -> bool {
        let Some(command) = self.order.begin(self.now) else { return false };
        if faults && self.dice.one_in(10) {
            return true;
        }
        if faults && self.dice.one_in(8) {
            // The request lives on without its worker, and arrives later than what undoes it.
            let answer = self.of_no_use();
            self.happen(Event::Answered { step: command.step, answer });
            return true;
        }
        let answer = self.world.perform(&self.order, command);
        let answered = Event::Answered { step: command.step, answer };
        if faults && self.dice.one_in(10) {
            return true;
        }
        if faults && self.dice.one_in(5) {
            let answer = self.of_no_use();
            self.happen(Event::Answered { step: command.step, answer });
            return true;
        }
        if faults && self.dice.one_in(5) {
            self.stale.push(answered.clone());
        }
        self.happen(answered);
        true
    }

    fn of_no_use(&mut self) -> Answer {
        let (why, wait) = ("lost".to_owned(), TimeDelta::seconds(1));
        if self.dice.one_in(2) { Answer::None { why, wait } } else { Answer::Unknown { why, wait } }
    }

    fn person(&mut self) {
        let keep = Keep { amount: 1, reason: "a scratch".to_owned() };
        let party = match self.dice.below(4) {
            0 => Party::Owner(self.order.lines[0].owner_id),
            1 => Party::Owner(self.order.lines[2].owner_id),
            _ => Party::All,
        };
        let event = match self.dice.below(9) {
            0 => Event::Cancelled,
            1 | 2 => Event::Approved(party),
            3 => Event::Declined { reason: None },
            4 | 5 => Event::HandedOver { party, note: None },
            6 => Event::Returned { party, note: None, keep: Some(keep) },
            7 => Event::Returned { party, note: None, keep: None },
            _ => Event::Looked,
        };
        self.happen(event);
    }

    fn step(&mut self) {
        match self.dice.below(10) {
            0 => self.now += TimeDelta::hours(self.dice.below(30).cast_signed()),
            1 => self.person(),
            2 if !self.stale.is_empty() => {
                let which = usize::try_from(self.dice.below(self.stale.len() as u64)).unwrap();
                let event = self.stale[which].clone();
                self.happen(event);
            }
            3 => self.unstick(),
            _ => {
                self.now += TimeDelta::seconds(1);
                self.work(true);
            }
        }
    }

    fn unstick(&mut self) {
        let stuck = self.order.steps.iter().find(|step| matches!(step.progress, Progress::Stuck { .. }));
        if let Some(number) = stuck.map(|step| step.number) {
            let decision = if self.dice.one_in(4) { Decision::Undo } else { Decision::Retry };
            self.happen(Event::Decided { step: number, decision });
        }
    }

    /// Everything works from here on, and everybody does what is theirs to do.
    fn finish(&mut self) {
        for _ in 0..1_000 {
            self.now += TimeDelta::hours(1);
            if self.work(false) {
                continue;
            }
            self.unstick();
            match self.order.stage {
                Stage::Confirmed { .. } => self.happen(Event::HandedOver { party: Party::All, note: None }),
                Stage::Active { .. } => {
                    self.happen(Event::Looked);
                    let there = |line: &Line| line.is_lent() && line.progress == LineProgress::Agreed;
                    if self.comes_again || !self.order.lines.iter().any(there) {
                        self.happen(Event::HandedOver { party: Party::All, note: None });
                    }
                    self.happen(Event::Returned { party: Party::All, note: None, keep: None });
                }
                Stage::Closed { .. } | Stage::Ended(_) if self.order.is_settled() => return,
                _ => self.happen(Event::Looked),
            }
        }
        panic!("it never ended: {:?}", self.order);
    }

    fn check(&self, seed: u64) {
        let (order, world) = (&self.order, &self.world);
        let captured: i64 = world.captured.values().sum();
        let refunded: i64 = world.refunded.values().sum();
        assert_eq!(world.held(), 0, "{seed}: money is held\n{order:?}");
        if order.stage.state() == OrderState::Closed {
            let is_fetched = |line: &&Line| line.progress != LineProgress::NotFetched;
            let kept = captured - order.lines.iter().filter(is_fetched).map(|line| line.amount).sum::<i64>();
            // Each of the two owners keeps one of a deposit, if any.
            assert!((0..=2).contains(&kept), "{seed}: {captured} captured\n{order:?}");
            for (position, line) in order.lines.iter().enumerate() {
                let there = match line.progress {
                    LineProgress::NotFetched => Shelf::Released,
                    _ if line.is_lent() => Shelf::Back,
                    _ => Shelf::Out,
                };
                assert_eq!(world.shelves[&position], there, "{seed}");
            }
        } else {
            assert_eq!(captured, refunded, "{seed}: money was taken\n{order:?}");
            let taken = world.shelves.values().filter(|shelf| **shelf != Shelf::Released).count();
            assert_eq!(taken, 0, "{seed}: things are reserved\n{order:?}");
            assert!(order.stage.reason().is_some_and(|reason| !reason.is_empty()), "{seed}: no reason");
        }
    }
}

fn was_not_handed_over(step: &Step) -> bool {
    matches!((step.action, &step.progress), (Action::CheckOut { .. }, Progress::Refused(_)))
}

#[test]
fn ten_thousand_random_schedules_end_with_nothing_left_over() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..SCHEDULES {
        let mut dice = Dice(seed);
        let asked = if dice.one_in(3) { LineProgress::Asked } else { LineProgress::Agreed };
        let order = order(asked, &[(1, Some(7), 5_000), (2, None, 0), (3, Some(9), 3_000)]);
        let refuses = dice.one_in(5).then(|| usize::from(dice.one_in(2)));
        let world = World { refuses, declines: dice.one_in(6), late: dice.below(4), ..World::default() };
        let comes_again = dice.one_in(2);
        let mut schedule = Schedule { dice, world, order, now: start(), stale: Vec::new(), comes_again };
        for _ in 0..schedule.dice.below(60) {
            schedule.step();
        }
        schedule.finish();
        schedule.check(seed);
        let Order { stage, steps, lines, .. } = &schedule.order;
        let ways = [
            (stage.state().as_str(), true),
            ("not handed over", steps.iter().any(was_not_handed_over)),
            ("not fetched", lines.iter().any(|line| line.progress == LineProgress::NotFetched)),
        ];
        for (way, _) in ways.into_iter().filter(|(_, happened)| *happened) {
            *seen.entry(way.to_owned()).or_default() += 1;
        }
    }
    for state in
        ["not handed over", "not fetched", "closed", "rejected", "payment_failed", "declined", "cancelled", "expired"]
    {
        assert!(seen.get(state).is_some_and(|count| *count > 100), "{state} was hardly ever reached: {seen:?}");
    }
}

#[test]
fn a_saga_that_forgets_what_it_has_begun_would_be_found() {
    // The negative control: an order that is dropped where it stands leaves things reserved and money held.
    let mut world = World::default();
    let mut order = order_of(LineProgress::Agreed);
    for _ in 0..3 {
        let command = order.begin(start()).unwrap();
        let answer = world.perform(&order, command);
        order = order.decide(Event::Answered { step: command.step, answer }, start()).unwrap();
    }
    assert!(world.held() > 0);
    assert!(world.shelves.values().all(|shelf| *shelf == Shelf::Held));
}
