use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use super::health::{Found, InstanceState};
use super::instance::{Address, Instance};
use super::pick::Rotation;
use super::snapshot::InstanceSnapshot;
use super::{BalanceSettings, InstanceReason};
use crate::breaker::{Tally, Verdict};
use crate::dice::Dice;

/// What an instance's latency is taken for as long as nobody has shown any.
const UNKNOWN: Duration = Duration::from_millis(1);

/// The instances of one upstream, and who of them gets the next call. Choosing takes no lock; what changes the choice does.
#[derive(Debug)]
pub(crate) struct Pool {
    name: Arc<str>,
    settings: BalanceSettings,
    rotation: ArcSwap<Rotation>,
    /// Held by whoever changes who is in rotation.
    changing: Mutex<()>,
    dice: Dice,
}

impl Pool {
    pub(crate) fn new(name: Arc<str>, settings: BalanceSettings, addresses: Vec<Address>, seed: u64) -> Self {
        let now = Instant::now();
        let all = addresses.into_iter().map(|address| Arc::new(Instance::new(address, UNKNOWN, now))).collect();
        Self {
            name,
            settings,
            rotation: ArcSwap::from_pointee(Rotation::of(all)),
            changing: Mutex::new(()),
            dice: Dice::new(seed),
        }
    }

    pub(crate) fn settings(&self) -> &BalanceSettings {
        &self.settings
    }

    pub(crate) fn dice(&self) -> &Dice {
        &self.dice
    }

    /// The instance for the next call, preferably none of `tried`; none where no instance is known at all.
    pub(crate) fn pick(&self, tried: &[Arc<Instance>]) -> Option<Arc<Instance>> {
        let now = Instant::now();
        let mut rotation = self.rotation.load();
        if rotation.revisit.is_some_and(|at| at <= now) {
            self.revisit(now);
            rotation = self.rotation.load();
        }
        rotation.pick(tried, self.settings.slow_start, &self.dice, now)
    }

    /// Whether an instance in rotation is left that is none of `tried`.
    pub(crate) fn has_another(&self, tried: &[Arc<Instance>]) -> bool {
        self.rotation.load().usable.iter().any(|instance| !is_among(tried, instance))
    }

    /// Whether there is more than one instance at all.
    pub(crate) fn has_several(&self) -> bool {
        self.rotation.load().all.len() > 1
    }

    /// Every instance, in rotation or not.
    pub(crate) fn all(&self) -> Vec<Arc<Instance>> {
        self.rotation.load().all.clone()
    }

    /// Counts what a call showed, and returns what it shows about the upstream as a whole.
    pub(super) fn record(&self, instance: &Arc<Instance>, verdict: Verdict, now: Instant) -> Verdict {
        let rotation = self.rotation.load();
        if rotation.all.len() < 2 {
            return verdict;
        }
        let is_suspect = {
            let mut health = instance.health();
            health.record(verdict, now);
            verdict == Verdict::Failure && health.is_suspect(&self.settings, now)
        };
        if verdict != Verdict::Failure {
            return verdict;
        }
        if is_suspect {
            self.consider(instance, now);
        }
        let others_are_well =
            rotation.usable.iter().any(|other| !Arc::ptr_eq(other, instance) && other.health().streak() == 0);
        if others_are_well { Verdict::PartialFailure } else { Verdict::Failure }
    }

    /// Takes in what a readiness check found.
    pub(crate) fn checked(&self, instance: &Arc<Instance>, found: Found) {
        let now = Instant::now();
        let (changed, state) = {
            let mut health = instance.health();
            (health.checked(found, now), health.state())
        };
        if !changed {
            return;
        }
        if state == InstanceState::Ready {
            instance.warm_up(now);
        }
        self.log(instance);
        self.rebuild();
    }

    /// Goes on with these addresses: instances that were known stay as they are, new ones warm up. `gently` is not for the
    /// first answer after a start, when all are new.
    pub(crate) fn replace(&self, addresses: &[Address], gently: bool) {
        let now = Instant::now();
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.all();
        let latency = mean_latency(&known, now);
        let all = addresses.iter().map(|address| {
            let same = known.iter().find(|instance| instance.address == *address);
            same.cloned().unwrap_or_else(|| {
                let instance = Instance::new(address.clone(), latency, now);
                if gently {
                    instance.warm_up(now);
                }
                Arc::new(instance)
            })
        });
        self.rotation.store(Arc::new(Rotation::of(all.collect())));
    }

    pub(crate) fn is_in_panic(&self) -> bool {
        self.rotation.load().panic
    }

    pub(crate) fn snapshot(&self, now: Instant) -> Vec<InstanceSnapshot> {
        self.all().iter().map(|instance| instance.snapshot(self.settings.slow_start, now)).collect()
    }

    /// Ejects a suspect, if what its peers do bears that out and not too many are out already.
    fn consider(&self, suspect: &Arc<Instance>, now: Instant) {
        let changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.all();
        let others = || all.iter().filter(|other| !Arc::ptr_eq(other, suspect));
        let out = others().filter(|other| other.health().ejected_until().is_some()).count();
        if (out + 1) * 2 > all.len() {
            return;
        }
        let peers = others().fold(Tally::default(), |sum, other| sum.plus(other.health().tally(now)));
        let mut health = suspect.health();
        if health.ejected_until().is_some() {
            return;
        }
        let Some(reason) = health.fault(peers, &self.settings, now) else { return };
        health.eject(reason, &self.settings, now);
        drop(health);
        self.rotation.store(Arc::new(Rotation::of(all)));
        drop(changing);
        self.log(suspect);
    }

    /// Lets those back whose ejection is over.
    fn revisit(&self, now: Instant) {
        let back: Vec<_> = self.all().into_iter().filter(|instance| instance.health().pass_time(now)).collect();
        for instance in &back {
            instance.warm_up(now);
            self.log(instance);
        }
        self.rebuild();
    }

    fn rebuild(&self) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.rotation.store(Arc::new(Rotation::of(self.all())));
    }

    fn log(&self, instance: &Instance) {
        let last = instance.health().last();
        let (upstream, state, reason) = (&*self.name, last.to, last.reason);
        if state == InstanceState::Ready && !matches!(reason, InstanceReason::Found) {
            tracing::info!(upstream, %instance, ?state, ?reason, "instance is back");
        } else {
            tracing::warn!(upstream, %instance, ?state, ?reason, "instance gets no calls");
        }
    }
}

pub(super) fn is_among(tried: &[Arc<Instance>], instance: &Arc<Instance>) -> bool {
    tried.iter().any(|other| Arc::ptr_eq(other, instance))
}

/// What a newcomer is taken for: neither better nor worse than those who are there.
fn mean_latency(known: &[Arc<Instance>], now: Instant) -> Duration {
    let sum: f64 = known.iter().map(|instance| instance.latency_us(now)).sum();
    match u32::try_from(known.len()).unwrap_or(u32::MAX) {
        0 => UNKNOWN,
        count => Duration::from_secs_f64(sum / f64::from(count) / 1e6),
    }
}
