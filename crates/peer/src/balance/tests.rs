use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::task::JoinSet;
use tokio::time::{advance, sleep};

use super::health::Found;
use super::{Address, BalanceSettings, Guard, Instance, InstanceReason, InstanceState, Pool};
use crate::breaker::Verdict;

fn address(index: usize) -> Address {
    Address::new(format!("http://10.0.0.{index}:80").parse().unwrap(), None).unwrap()
}

fn pool(instances: usize, settings: BalanceSettings, seed: u64) -> Arc<Pool> {
    Arc::new(Pool::new(Arc::from("inventory"), settings, (0..instances).map(address).collect(), seed))
}

fn state(instance: &Instance) -> InstanceState {
    instance.health().state()
}

fn fails(pool: &Arc<Pool>, instance: &Arc<Instance>, times: u32) {
    for _ in 0..times {
        Guard::begin(pool, Arc::clone(instance), true).settle(Verdict::Failure);
    }
}

fn succeeds(pool: &Arc<Pool>, instance: &Arc<Instance>, times: u32) {
    for _ in 0..times {
        let mut guard = Guard::begin(pool, Arc::clone(instance), true);
        guard.answered(Duration::from_millis(1));
        guard.settle(Verdict::Success);
    }
}

/// How many calls each instance got of `callers` that each make `calls` in a row, when the instance at a place takes the
/// time that `service` says.
async fn share_out(
    pool: &Arc<Pool>,
    callers: usize,
    calls: usize,
    service: impl Fn(usize) -> Duration + Copy + Send + 'static,
) -> Vec<usize> {
    let mut calling = JoinSet::new();
    for _ in 0..callers {
        let pool = Arc::clone(pool);
        calling.spawn(async move {
            let mut got = vec![0; pool.all().len()];
            for _ in 0..calls {
                let instance = pool.pick(&[]).unwrap();
                let place = pool.all().iter().position(|other| Arc::ptr_eq(other, &instance)).unwrap();
                got[place] += 1;
                let mut guard = Guard::begin(&pool, instance, true);
                let time = service(place);
                sleep(time).await;
                guard.answered(time);
                guard.settle(Verdict::Success);
            }
            got
        });
    }
    let mut sum = vec![0; pool.all().len()];
    while let Some(got) = calling.join_next().await {
        sum.iter_mut().zip(got.unwrap()).for_each(|(sum, got)| *sum += got);
    }
    sum
}

fn on_a_paused_clock<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(test)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn equal_instances_get_about_equal_shares(seed: u64, instances in 2_usize..8, callers in 1_usize..32) {
        let got = on_a_paused_clock(async {
            let pool = pool(instances, BalanceSettings::default(), seed);
            share_out(&pool, callers, 3_200 / callers, |_| Duration::from_millis(5)).await
        });
        let fair = got.iter().sum::<usize>() / instances;
        prop_assert!(got.iter().all(|calls| (fair / 2..=fair * 2).contains(calls)), "{:?}", got);
    }

    #[test]
    fn a_slow_instance_gets_less_than_any_other(seed: u64, instances in 2_usize..8, callers in 4_usize..32) {
        let got = on_a_paused_clock(async {
            let pool = pool(instances, BalanceSettings::default(), seed);
            let time = |place| Duration::from_millis(if place == 0 { 50 } else { 5 });
            share_out(&pool, callers, 3_200 / callers, time).await
        });
        prop_assert!(got[1..].iter().all(|calls| *calls > got[0] * 2), "{:?}", got);
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_answers_nobody_soon_gets_no_further_calls() {
    let pool = pool(3, BalanceSettings::default(), 7);
    let hangs = |place| if place == 0 { Duration::from_hours(1) } else { Duration::from_millis(5) };
    let mut calling = JoinSet::new();
    for _ in 0..16 {
        let pool = Arc::clone(&pool);
        calling.spawn(async move {
            for _ in 0..100 {
                let instance = pool.pick(&[]).unwrap();
                let time = hangs(pool.all().iter().position(|other| Arc::ptr_eq(other, &instance)).unwrap());
                let mut guard = Guard::begin(&pool, instance, true);
                sleep(time).await;
                guard.answered(time);
                guard.settle(Verdict::Success);
            }
        });
    }
    sleep(Duration::from_mins(1)).await;
    let mut done = 0;
    while calling.try_join_next().is_some() {
        done += 1;
    }
    // Those of the first round that met it wait there; nobody has followed them.
    assert!(done >= 8, "{done} of 16 callers are done");
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_eject_and_time_brings_back_on_probation() {
    let pool = pool(3, BalanceSettings::default(), 7);
    let bad = pool.all()[0].clone();
    fails(&pool, &bad, 4);
    assert_eq!(state(&bad), InstanceState::Ready, "four may be chance");
    fails(&pool, &bad, 1);
    assert_eq!(state(&bad), InstanceState::Ejected);
    assert!((0..100).all(|_| !Arc::ptr_eq(&pool.pick(&[]).unwrap(), &bad)));

    advance(Duration::from_secs(5)).await;
    let mut met = 0;
    for _ in 0..1_000 {
        met += usize::from(Arc::ptr_eq(&pool.pick(&[]).unwrap(), &bad));
    }
    assert_eq!(state(&bad), InstanceState::Ready);
    assert!(met < 100, "{met}: it looks slow yet, and warms up");
    fails(&pool, &bad, 1);
    assert_eq!(bad.health().last().reason, InstanceReason::FailedOnReturn);
    let left = bad.health().ejected_until().unwrap() - tokio::time::Instant::now();
    assert_eq!(left, Duration::from_secs(10), "twice as long as before");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_fails_far_more_than_its_peers_is_ejected() {
    let pool = pool(3, BalanceSettings::default(), 7);
    let all = pool.all();
    for _ in 0..10 {
        succeeds(&pool, &all[1], 2);
        succeeds(&pool, &all[2], 2);
        succeeds(&pool, &all[0], 1);
        fails(&pool, &all[0], 1);
    }
    assert_eq!(state(&all[0]), InstanceState::Ejected);
    assert!(matches!(all[0].health().last().reason, InstanceReason::Outlier { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_all_instances_do_ejects_none_as_an_outlier() {
    let settings = BalanceSettings { eject_after: u32::MAX, ..BalanceSettings::default() };
    let pool = pool(3, settings, 7);
    for _ in 0..100 {
        for instance in pool.all() {
            fails(&pool, &instance, 1);
        }
    }
    assert!(pool.all().iter().all(|instance| state(instance) == InstanceState::Ready));
}

#[tokio::test(start_paused = true)]
async fn at_most_half_are_ejected_and_a_single_one_never() {
    for (instances, most) in [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)] {
        let pool = pool(instances, BalanceSettings::default(), 7);
        for instance in pool.all() {
            fails(&pool, &instance, 20);
        }
        let out = pool.all().iter().filter(|instance| state(instance) == InstanceState::Ejected).count();
        assert_eq!(out, most, "of {instances}");
    }
}

#[tokio::test(start_paused = true)]
async fn when_fewer_than_half_are_well_all_get_calls() {
    let pool = pool(4, BalanceSettings::default(), 7);
    let all = pool.all();
    let down = Found::NotReady(InstanceReason::Unreachable);
    pool.checked(&all[0], down);
    pool.checked(&all[1], down);
    assert!(!pool.is_in_panic(), "half are well");
    assert!((0..100).all(|_| !Arc::ptr_eq(&pool.pick(&[]).unwrap(), &all[0])));
    pool.checked(&all[2], down);
    assert!(pool.is_in_panic());
    let got = share_out(&pool, 8, 100, |_| Duration::from_millis(1)).await;
    assert!(got.iter().all(|calls| *calls > 0), "{got:?}");
    pool.checked(&all[2], Found::Ready { status: 200 });
    assert!(!pool.is_in_panic());
}

#[tokio::test(start_paused = true)]
async fn one_lost_answer_to_a_check_is_no_reason_and_two_are() {
    let pool = pool(3, BalanceSettings::default(), 7);
    let instance = pool.all()[0].clone();
    pool.checked(&instance, Found::Silent);
    assert_eq!(state(&instance), InstanceState::Ready);
    pool.checked(&instance, Found::Ready { status: 404 });
    pool.checked(&instance, Found::Silent);
    assert_eq!(state(&instance), InstanceState::Ready);
    pool.checked(&instance, Found::Silent);
    assert_eq!(state(&instance), InstanceState::NotReady);
    pool.checked(&instance, Found::Silent);
    assert_eq!(state(&instance), InstanceState::NotReady);
    pool.checked(&instance, Found::Ready { status: 200 });
    assert_eq!(state(&instance), InstanceState::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_warms_up_and_the_others_stay_as_they_are() {
    let pool = pool(2, BalanceSettings::default(), 7);
    share_out(&pool, 8, 50, |_| Duration::from_millis(5)).await;
    let known = pool.all();
    pool.replace(&[address(0), address(1), address(2)], true);
    assert!(known.iter().zip(pool.all()).all(|(before, after)| Arc::ptr_eq(before, &after)));

    let at_first = share_out(&pool, 8, 50, |_| Duration::from_millis(5)).await;
    let total: usize = at_first.iter().sum();
    assert!(at_first[2] * 5 < total, "{at_first:?}: much less than a third");
    advance(Duration::from_secs(10)).await;
    let later = share_out(&pool, 8, 50, |_| Duration::from_millis(5)).await;
    assert!(later[2] * 5 > total, "{later:?}: about a third");

    pool.replace(&[address(2)], true);
    assert_eq!(pool.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_while_others_are_well_is_only_part_of_one() {
    let pool = pool(2, BalanceSettings::default(), 7);
    let all = pool.all();
    let failed = |place: usize| Guard::begin(&pool, Arc::clone(&all[place]), true).settle(Verdict::Failure);
    assert_eq!(failed(0), Verdict::PartialFailure);
    assert_eq!(failed(1), Verdict::Failure, "now nobody is well");
    succeeds(&pool, &all[0], 1);
    assert_eq!(failed(1), Verdict::PartialFailure);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_in_flight_when_all_guards_are_gone() {
    let pool = pool(2, BalanceSettings::default(), 7);
    let guards: Vec<_> = (0..100).map(|_| Guard::begin(&pool, pool.pick(&[]).unwrap(), true)).collect();
    let in_flight = || pool.snapshot(tokio::time::Instant::now()).iter().map(|one| one.in_flight).sum::<usize>();
    assert_eq!(in_flight(), 100);
    drop(guards);
    assert_eq!(in_flight(), 0);
}
