use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::health::InstanceState;
use super::instance::Instance;
use super::pool::is_among;
use crate::dice::Dice;

/// Who may be chosen, worked out whenever that changes.
#[derive(Debug)]
pub(super) struct Rotation {
    pub(super) all: Vec<Arc<Instance>>,
    /// Those who are well; all of them in panic.
    pub(super) usable: Vec<Arc<Instance>>,
    /// Fewer than half are well: then it is more likely that something else is wrong, and the few would be overrun.
    pub(super) panic: bool,
    /// When the first ejection is over.
    pub(super) revisit: Option<Instant>,
}

impl Rotation {
    pub(super) fn of(all: Vec<Arc<Instance>>) -> Self {
        let well = all.iter().filter(|instance| instance.health().state() == InstanceState::Ready);
        let well: Vec<_> = well.cloned().collect();
        let panic = well.len() * 2 < all.len();
        let revisit = all.iter().filter_map(|instance| instance.health().ejected_until()).min();
        Self { usable: if panic { all.clone() } else { well }, all, panic, revisit }
    }

    /// The less loaded of two drawn by chance (Mitzenmacher, The Power of Two Choices): as good as looking at all of them,
    /// and many gateways with the same old news do not all choose the same.
    pub(super) fn pick(
        &self,
        tried: &[Arc<Instance>],
        slow_start: Duration,
        dice: &Dice,
        now: Instant,
    ) -> Option<Arc<Instance>> {
        if let [only] = &*self.usable {
            return Some(Arc::clone(only));
        }
        let draw = |other: Option<usize>| {
            let fits = |place: &usize| Some(*place) != other && !is_among(tried, &self.usable[*place]);
            self.draw(&fits, slow_start, dice, now)
        };
        let Some(first) = draw(None) else {
            // All have been tried: any of them may do better the second time.
            return self.usable.get(dice.place(self.usable.len())).cloned();
        };
        let better = draw(Some(first)).filter(|second| self.usable[*second].load(now) < self.usable[first].load(now));
        self.usable.get(better.unwrap_or(first)).cloned()
    }

    /// One place by chance among those that fit. An instance that warms up declines part of the time, in favour of another.
    fn draw(&self, fits: &dyn Fn(&usize) -> bool, slow_start: Duration, dice: &Dice, now: Instant) -> Option<usize> {
        let mut declined = None;
        for _ in 0..self.usable.len() * 2 {
            let place = dice.place(self.usable.len());
            if !fits(&place) {
                continue;
            }
            let share = self.usable[place].share(slow_start, now);
            if share >= 1.0 || dice.share() < share {
                return Some(place);
            }
            declined = Some(place);
        }
        declined.or_else(|| (0..self.usable.len()).find(fits))
    }
}
