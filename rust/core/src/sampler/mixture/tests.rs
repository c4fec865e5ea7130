//! The laws against their definitions.

use super::*;
use crate::reference::partition::count;
use crate::reference::{sampler as reference, table::some_table};
use proptest::prelude::*;

fn run(table: &[f64], shape: &[usize], steps: Steps<'_>) -> Vec<f64> {
    mixture(table, shape, steps, Impossible::Uniform, &Monitor::new()).unwrap()
}

fn assert_same(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() < 1e-14, "{got} is not {want}");
    }
    assert!((got.iter().sum::<f64>() - 1.0).abs() < 1e-13);
}

fn check_sizes(shape: &[usize], sizes: &[usize], seed: u64) {
    let table = some_table(shape.iter().product(), seed);
    let share = 1.0 / count(sizes);
    let want = reference::mixture(&table, shape, sizes.len(), |counts| {
        if counts == sizes { share } else { 0.0 }
    });
    assert_same(&run(&table, shape, Steps::Sizes(sizes)), &want);
}

fn check_levels(shape: &[usize], levels: &[f64], seed: u64) {
    let table = some_table(shape.iter().product(), seed);
    let want = reference::mixture(&table, shape, levels.len(), |counts| {
        let before = [0.0].iter().chain(levels);
        let each = levels.iter().zip(before).zip(counts);
        each.map(|((b, a), &count)| (b - a).powi(count as i32))
            .product()
    });
    assert_same(&run(&table, shape, Steps::Levels(levels)), &want);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn steps_by_definition(
        shape in proptest::collection::vec(1usize..4, 1..7),
        which in any::<proptest::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let sizes: Vec<Vec<usize>> =
            crate::reference::schedule::schedules(shape.len()).collect();
        let sizes = which.get(&sizes);
        prop_assume!(sizes.len() < 5);
        check_sizes(&shape, sizes, seed);
    }

    #[test]
    fn levels_by_definition(
        shape in proptest::collection::vec(1usize..4, 1..6),
        rises in proptest::collection::vec(0.01..1.0f64, 1..5),
        seed in any::<u64>(),
    ) {
        let total: f64 = rises.iter().sum();
        let mut level = 0.0;
        let mut levels: Vec<f64> = rises
            .iter()
            .map(|rise| {
                level += rise / total;
                level
            })
            .collect();
        *levels.last_mut().unwrap() = 1.0;
        check_levels(&shape, &levels, seed);
    }
}

/// Tiles of three binary tokens in all their patterns, below others; and lanes above eight.
#[test]
fn binary_tokens() {
    check_sizes(&[2; 7], &[2, 3, 2], 1);
    check_sizes(&[3, 2, 2, 2, 2, 2, 2], &[3, 4], 2);
    check_levels(
        &[2; 4],
        &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
        3,
    );
}

#[test]
fn one_step_is_the_product_and_single_steps_are_exact() {
    let shape = [2, 2, 3, 2, 2];
    let table = some_table(48, 9);
    let product = reference::law(&table, &shape, &[0b11111]);
    assert_same(&run(&table, &shape, Steps::Sizes(&[5])), &product);
    assert_same(&run(&table, &shape, Steps::Levels(&[1.0])), &product);
    assert_same(&run(&table, &shape, Steps::Sizes(&[1; 5])), &table);
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let table = some_table(1 << 8, 6);
    for steps in [Steps::Sizes(&[3, 3, 2]), Steps::Levels(&[0.25, 0.5, 1.0])] {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build()
                .unwrap()
                .install(|| run(&table, &[2; 8], steps))
        };
        let one = run(1);
        assert_eq!(one, run(2));
        assert_eq!(one, run(5));
    }
}

#[test]
fn impossible_evidence() {
    // Two equal bits, and a third one.
    let table = [0.25, 0.25, 0.0, 0.0, 0.0, 0.0, 0.25, 0.25];
    let run = |sizes: &[usize]| {
        let steps = Steps::Sizes(sizes);
        mixture(&table, &[2; 3], steps, Impossible::Refuse, &Monitor::new())
    };
    assert!(run(&[1, 1, 1]).is_ok());
    // Both bits may come out of the first step, different ones.
    assert!(matches!(
        run(&[2, 1]),
        Err(Error::Invalid {
            argument: "on_impossible",
            ..
        })
    ));
    // Nothing is asked after the last step.
    assert!(run(&[1, 2]).is_ok());
}

#[test]
fn refuses() {
    let table = some_table(8, 1);
    let run = |shape: &[usize], steps| {
        mixture(&table, shape, steps, Impossible::Uniform, &Monitor::new())
    };
    let shape = [2; 3];
    for sizes in [&[1, 1][..], &[3, 0], &[4], &[]] {
        assert!(run(&shape, Steps::Sizes(sizes)).is_err());
    }
    for levels in [
        &[0.5][..],
        &[],
        &[0.0, 1.0],
        &[0.5, 0.5, 1.0],
        &[0.5, 2.0, 1.0],
    ] {
        assert!(run(&shape, Steps::Levels(levels)).is_err());
    }
    assert!(run(&[2, 2], Steps::Sizes(&[2])).is_err());
    assert!(run(&[], Steps::Sizes(&[])).is_err());
    let monitor = Monitor::new();
    monitor.cancel();
    let stopped = mixture(
        &table,
        &shape,
        Steps::Sizes(&[3]),
        Impossible::Uniform,
        &monitor,
    );
    assert_eq!(stopped, Err(Error::Interrupted));
    let many = [2; 30];
    for steps in [Steps::Levels(&[0.5, 1.0]), Steps::Sizes(&[15, 15])] {
        assert!(matches!(require(&many, steps), Err(Error::Memory { .. })));
    }
}
