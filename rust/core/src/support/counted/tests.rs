use super::*;
use crate::kernel::kernel;
use crate::reference::table::some_table;
use crate::support::sums_by_size;
use proptest::prelude::*;

/// Rows of letters with much or little order, a function of `seed`.
fn some_support(count: usize, shape: &[usize], seed: u64, repeats: bool) -> Support {
    let noise = some_table(count * shape.len(), seed);
    let rows: Vec<u16> = noise
        .iter()
        .enumerate()
        .map(|(k, x)| ((x.to_bits() >> 20) % shape[k % shape.len()] as u64) as u16)
        .collect();
    let weight = |k: usize| if repeats { (k * k % 11) as f64 } else { 1.0 };
    let mut weights: Vec<f64> = (0..count).map(weight).collect();
    weights[0] += 1.0;
    Support::new(&rows, shape.len(), &weights, &Monitor::new()).unwrap()
}

/// `N_c(j)` by the partition of every subset.
fn naive(support: &Support) -> Vec<BTreeMap<u64, i128>> {
    let coordinates = support.coordinates();
    let n = coordinates.len();
    let mut classes = vec![BTreeMap::new(); n + 1];
    for mask in 0usize..1 << n {
        let kept = |i: usize| (0..n).any(|k| mask >> k & 1 == 1 && coordinates[k] == i);
        for weight in support.marginal(kept, &Monitor::new()).unwrap() {
            let size = mask.count_ones() as usize;
            *classes[size].entry(weight as u64).or_default() += 1;
        }
    }
    classes
}

proptest! {
    #[test]
    fn classes_are_those_of_all_subsets(
        count in 1usize..40,
        shape in proptest::collection::vec(1usize..5, 1..8),
        seed in any::<u64>(),
        repeats in any::<bool>(),
    ) {
        let support = some_support(count, &shape, seed, repeats);
        prop_assume!(support.varying() > 0);
        let want = naive(&support);
        for most in 1..=MOST {
            let rows = Rows::new(&support);
            prop_assert_eq!(&classes(&rows, most, &Monitor::new()).unwrap(), &want);
        }
    }
}

#[test]
fn agrees_with_the_walk_over_atoms() {
    let support = some_support(120, &[2; 18], 7, true);
    let plan = Counted::plan(&support, &Monitor::new()).unwrap().unwrap();
    let terms = &kernel().x_ln_x;
    let f = |count: f64| (terms.sum)(&[count]).value();
    let got = plan.sums_by_size(f, &Monitor::new()).unwrap();
    let want = sums_by_size(&support, |k| &k.x_ln_x, &Monitor::new()).unwrap();
    for (got, want) in got.iter().zip(want) {
        assert!((*got - want).value().abs() <= 1e-14 * want.value().abs());
    }
}

#[test]
fn many_columns_and_letters() {
    // Whole numbers of 128 bits, and letters that need several words.
    let support = some_support(30, &[300; 64], 3, false);
    let plan = Counted::plan(&support, &Monitor::new()).unwrap().unwrap();
    let sums = plan.sums_by_size(|count| count, &Monitor::new()).unwrap();
    for (size, sum) in sums.iter().enumerate() {
        let want = Sum::from(support.total()) * crate::sum::binomials(64)[size];
        assert_eq!(*sum, want);
    }
}

#[test]
fn numbers_of_sets_stay_in_range() {
    // The largest classes that are counted, in the middle of the lattice.
    let mut rows = vec![0u16; 3 * 64];
    rows[64..128].fill(1);
    rows[128] = 1;
    for total in [50.0, 5000.0, 1e6, 1e9, 6e9] {
        let support = Support::new(&rows, 64, &[total, 1.0, 1.0], &Monitor::new()).unwrap();
        let rows = Rows::new(&support);
        for most in 1..=largest(support.total()) {
            let found = classes(&rows, most, &Monitor::new()).unwrap();
            let cells = |size: usize| found[size].values().sum::<i128>();
            let samples = found[32].iter().map(|(&c, &times)| i128::from(c) * times);
            let subsets = choose(64, 32);
            assert_eq!(samples.sum::<i128>(), subsets * (total as i128 + 2));
            // Two rows differ in one column, which half of the subsets have.
            assert_eq!(cells(32), 2 * subsets + subsets / 2);
        }
    }
}

#[test]
fn nothing_is_planned_for_what_is_not_counted() {
    let rows = [0, 1, 1, 0, 1, 1];
    let planned = |weights: &[f64]| {
        let support = Support::new(&rows, 2, weights, &Monitor::new()).unwrap();
        Counted::plan(&support, &Monitor::new()).unwrap().is_some()
    };
    assert!(planned(&[1.0, 2.0, 0.0]));
    assert!(!planned(&[0.5, 2.0, 1.0]));
    assert!(!planned(&[2f64.powi(53), 2.0, 1.0]));
    let constant = Support::new(&[1, 1], 1, &[1.0, 2.0], &Monitor::new()).unwrap();
    assert!(Counted::plan(&constant, &Monitor::new()).unwrap().is_none());
}
