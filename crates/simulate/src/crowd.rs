use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use inventory_api::Item;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::dice::Dice;
use crate::member::Member;
use crate::tally::Tally;
use crate::web::Web;
use crate::{NotThat, Report, SimulateError, Surroundings};

/// How many members there are, 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Members(NonZeroU32);

/// For how long they live, 1 to 3,600 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(NonZeroU32);

/// How likely it is that somebody orders what they look at, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probability(f64);

/// Some members with the same habits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crowd {
    pub members: Members,
    pub buy_probability: Probability,
}

/// So many join at the same time: hashing passwords is work.
const JOINING: usize = 8;

impl Members {
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl Probability {
    pub fn get(self) -> f64 {
        self.0
    }
}

impl From<Seconds> for NonZeroU32 {
    fn from(seconds: Seconds) -> Self {
        seconds.0
    }
}

impl FromStr for Members {
    type Err = NotThat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        up_to(text, 10_000).map(Self).ok_or(NotThat::Members)
    }
}

impl FromStr for Seconds {
    type Err = NotThat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        up_to(text, 3_600).map(Self).ok_or(NotThat::Seconds)
    }
}

impl FromStr for Probability {
    type Err = NotThat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().parse().ok().filter(|number| (0.0..=1.0).contains(number));
        number.map(Self).ok_or(NotThat::Probability)
    }
}

fn up_to(text: &str, most: u32) -> Option<NonZeroU32> {
    text.trim().parse::<NonZeroU32>().ok().filter(|number| number.get() <= most)
}

impl Crowd {
    /// A crowd for each number with each probability.
    pub fn each(members: &[Members], probabilities: &[Probability]) -> Vec<Self> {
        let with = |buy_probability| members.iter().map(move |&members| Self { members, buy_probability });
        probabilities.iter().copied().flat_map(with).collect()
    }
}

/// Who has joined so far. Crowds after one another are the same people, and some more if there are to be more.
pub(crate) struct Everybody {
    web: Web,
    surroundings: Surroundings,
    members: Vec<Member>,
}

impl Everybody {
    pub(crate) fn new(web: Web, surroundings: Surroundings) -> Self {
        Self { web, surroundings, members: Vec::new() }
    }

    /// Lets a crowd live for some time.
    pub(crate) async fn live(
        &mut self,
        crowd: Crowd,
        time: Duration,
        offers: &[Item],
    ) -> Result<Report, SimulateError> {
        let wanted = usize::try_from(crowd.members.get()).unwrap_or(usize::MAX);
        let joined = self.gather(wanted).await?;
        let begun = Instant::now();
        let until = begun + time;
        let mut living = JoinSet::new();
        for mut member in self.members.drain(..wanted) {
            let offers = offers.to_vec();
            living.spawn(async move {
                member.live(until, &offers, crowd.buy_probability).await;
                member
            });
        }
        let mut tally = Tally::default();
        while let Some(member) = living.join_next().await {
            let mut member = member.map_err(SimulateError::Broken)?;
            tally.add(member.take_tally());
            self.members.push(member);
        }
        Ok(Report::new(crowd, begun.elapsed(), joined, tally))
    }

    /// Lets so many join as are missing, a few at a time; what that took.
    async fn gather(&mut self, wanted: usize) -> Result<Tally, SimulateError> {
        let mut tally = Tally::default();
        let mut joining = JoinSet::new();
        let mut missing = wanted.saturating_sub(self.members.len());
        loop {
            while missing > 0 && joining.len() < JOINING {
                let Surroundings { clock, randomness, .. } = self.surroundings.clone();
                joining.spawn(Member::join(self.web.clone(), clock, Dice(randomness)));
                missing -= 1;
            }
            let Some(joined) = joining.join_next().await else { return Ok(tally) };
            let mut member = joined.map_err(SimulateError::Broken)??;
            tally.add(member.take_tally());
            self.members.push(member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crowd_cannot_be_is_refused() {
        for bad in ["0", "-1", "10001", "", "many", "1.5"] {
            assert_eq!(bad.parse::<Members>(), Err(NotThat::Members), "{bad}");
        }
        for bad in ["0", "3601", "a minute"] {
            assert_eq!(bad.parse::<Seconds>(), Err(NotThat::Seconds), "{bad}");
        }
        for bad in ["-0.1", "1.01", "NaN", "5%", ""] {
            assert_eq!(bad.parse::<Probability>(), Err(NotThat::Probability), "{bad}");
        }
        assert_eq!(" 10000".parse::<Members>().unwrap().get(), 10_000);
        assert!("1".parse::<Probability>().unwrap().get() > 0.99);
    }

    #[test]
    fn every_number_meets_every_probability() {
        let members = ["1", "2"].map(|text| text.parse().unwrap());
        let probabilities = ["0", "0.5", "1"].map(|text| text.parse().unwrap());
        assert_eq!(Crowd::each(&members, &probabilities).len(), 6);
    }
}
