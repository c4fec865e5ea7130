use super::super::SubsetEntropies;
use super::*;
use crate::error::Error;
use crate::monitor::Monitor;
use crate::reference::partition as reference;
use crate::reference::table::{entropy, some_table};
use proptest::prelude::*;

fn some_entropies(shape: &[usize], seed: u64) -> Vec<f64> {
    let table = some_table(shape.iter().product(), seed);
    (0..1 << shape.len())
        .map(|subset| entropy(&table, shape, subset))
        .collect()
}

fn all_sizes(n: usize) -> Vec<Vec<usize>> {
    crate::reference::schedule::schedules(n).collect()
}

fn check_against_the_list(shape: &[usize], sizes: &[usize], seed: u64) {
    let values = some_entropies(shape, seed);
    let entropies = SubsetEntropies::new(&values).unwrap();
    let mut want = reference::values(&values, sizes);
    want.sort_unstable_by(f64::total_cmp);
    let got = super::values(entropies, sizes, &Monitor::new()).unwrap();
    assert_eq!(got.len(), want.len());
    assert_eq!(got.len() as f64, count(sizes));
    for (got, want) in got.iter().zip(&want) {
        assert!((got - want).abs() < 1e-13);
    }
    let moments = moments(entropies, sizes, &Monitor::new()).unwrap();
    let mean = want.iter().sum::<f64>() / want.len() as f64;
    let square = |value: &f64| (value - mean).powi(2);
    let variance = want.iter().map(square).sum::<f64>() / want.len() as f64;
    assert!((moments.mean - mean).abs() < 1e-13);
    assert!((moments.variance - variance).abs() < 1e-13);
    let best = reference::kl(&values, &moments.best);
    let worst = reference::kl(&values, &moments.worst);
    assert!((best - want[0]).abs() < 1e-13);
    assert!((worst - want[want.len() - 1]).abs() < 1e-13);
    for blocks in [moments.best, moments.worst] {
        let counts = blocks.iter().map(|block| block.count_ones() as usize);
        assert!(counts.eq(sizes.iter().copied()));
        let all = blocks.iter().fold(0, |known, block| known | block);
        assert_eq!(all, values.len() - 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn moments_are_those_of_the_list(
        shape in proptest::collection::vec(1usize..4, 1..7),
        which in any::<proptest::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let sizes = all_sizes(shape.len());
        check_against_the_list(&shape, &sizes[which.index(sizes.len())], seed);
    }
}

#[test]
fn more_than_one_task() {
    check_against_the_list(&[2; 8], &[2, 3, 3], 4);
}

#[test]
fn refuses_sizes_that_do_not_fit() {
    let values = vec![0.0; 8];
    let entropies = SubsetEntropies::new(&values).unwrap();
    for sizes in [&[1, 1][..], &[3, 0], &[4], &[], &[usize::MAX, 4]] {
        assert!(moments(entropies, sizes, &Monitor::new()).is_err());
        assert!(super::values(entropies, sizes, &Monitor::new()).is_err());
    }
    let monitor = Monitor::new();
    monitor.cancel();
    assert_eq!(
        moments(entropies, &[1, 2], &monitor),
        Err(Error::Interrupted)
    );
    let stopped = super::values(entropies, &[1, 2], &monitor);
    assert_eq!(stopped, Err(Error::Interrupted));
}
