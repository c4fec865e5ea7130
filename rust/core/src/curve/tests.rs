use super::enumerate::{Route, SMALL};
use super::*;
use crate::lattice;
use crate::monitor::Monitor;
use crate::reference::table as reference;
use crate::support::Support;
use proptest::prelude::*;

/// The mean entropies by definition.
fn naive(table: &[f64], shape: &[usize]) -> Vec<f64> {
    let n = shape.len();
    let mut sums = vec![(0.0, 0.0); n + 1];
    for subset in 0u64..1 << n {
        let (sum, count) = &mut sums[subset.count_ones() as usize];
        *sum += reference::entropy(table, shape, subset);
        *count += 1.0;
    }
    sums.into_iter().map(|(sum, count)| sum / count).collect()
}

fn close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() <= tolerance, "{got} for {want}");
    }
}

#[test]
fn repeated_token_and_parity() {
    let q = 3usize;
    let mut repeated = vec![0.0; q.pow(4)];
    (0..q).for_each(|a| repeated[a * (q.pow(4) - 1) / (q - 1)] = 1.0 / q as f64);
    let curve = Curve::of_table(&repeated, &[q; 4], &Monitor::new()).unwrap();
    let log = (q as f64).ln();
    close(&curve.information, &[0.0, log, log, log], 1e-15);
    let parity: Vec<f64> = (0..32u32)
        .map(|x| f64::from(1 - x.count_ones() % 2) / 16.0)
        .collect();
    let curve = Curve::of_table(&parity, &[2; 5], &Monitor::new()).unwrap();
    close(&curve.information, &[0.0, 0.0, 0.0, 0.0, 2f64.ln()], 1e-15);
    assert_eq!(curve.conditional[4], 0.0);
}

#[test]
fn sparse_tables_take_the_route_of_atoms() {
    let shape = [2; 16];
    let cells: Vec<usize> = (0..40).map(|k| k * k * 31 % (1 << 16)).collect();
    let mut table = vec![0.0; 1 << 16];
    cells.iter().for_each(|&cell| table[cell] += 1.0 / 40.0);
    assert!(lattice::terms(&shape) > SMALL);
    let support = Support::of_table(&table, &shape, &Monitor::new()).unwrap();
    assert!(support.predicted_operations(&Monitor::new()).unwrap() < lattice::terms(&shape));
    let curve = Curve::of_table(&table, &shape, &Monitor::new()).unwrap();
    let mut want = [0.0; 17];
    let mut binomials = [0.0; 17];
    for subset in 0..1usize << 16 {
        let mut classes: Vec<usize> = cells.iter().map(|cell| cell & subset).collect();
        classes.sort_unstable();
        let counts = classes
            .chunk_by(|a, b| a == b)
            .map(|class| class.len() as f64);
        let j = subset.count_ones() as usize;
        want[j] -= counts.map(|c| c / 40.0 * (c / 40.0).ln()).sum::<f64>();
        binomials[j] += 1.0;
    }
    want.iter_mut()
        .zip(binomials)
        .for_each(|(sum, count)| *sum /= count);
    close(&curve.mean_entropies, &want, 1e-12);
}

#[test]
fn coverage_and_corrections_are_means_over_subsets() {
    let rows: Vec<u16> = (0..30u16).flat_map(|k| [k % 2, k * k % 3, k / 7]).collect();
    let support = Support::new(&rows, 3, &[1.0; 30], &Monitor::new()).unwrap();
    let within = |subset: u64| move |i: usize| subset >> i & 1 == 1;
    let marginal = |subset: u64| support.marginal(within(subset), &Monitor::new()).unwrap();
    let plugin = Curve::of_support(&support, Estimator::Plugin, &Monitor::new()).unwrap();
    let corrected = Curve::of_support(&support, Estimator::MillerMadow, &Monitor::new()).unwrap();
    let coverage = coverage(&support, &Monitor::new()).unwrap();
    for j in 0..=3u32 {
        let subsets: Vec<u64> = (0..8).filter(|s: &u64| s.count_ones() == j).collect();
        let mean = |f: &dyn Fn(&[f64]) -> f64| {
            subsets.iter().map(|&s| f(&marginal(s))).sum::<f64>() / subsets.len() as f64
        };
        let singletons = mean(&|m| m.iter().filter(|&&c| c == 1.0).count() as f64);
        assert!((coverage[j as usize] - (1.0 - singletons / 30.0)).abs() < 1e-15);
        let bias = mean(&|m| (m.len() as f64 - 1.0) / 60.0);
        let j = j as usize;
        let got = corrected.mean_entropies[j] - plugin.mean_entropies[j];
        assert!((got - bias).abs() < 1e-15);
    }
}

#[test]
fn entropies_of_very_many_subsets() {
    // Three atoms over eighteen columns, of which every fifth never varies.
    let n = 18usize;
    let row = |atom: usize| (0..n).map(move |i| (i % 5 > 0 && i * 7 % (atom + 2) > 0) as u16);
    let rows: Vec<u16> = (0..3).flat_map(row).collect();
    let support = Support::new(&rows, n, &[0.5, 0.25, 0.25], &Monitor::new()).unwrap();
    let got = support_subset_entropies(&support, &Monitor::new()).unwrap();
    assert_eq!(got.len(), 1 << n);
    for (subset, &got) in got.iter().enumerate() {
        let marginal = support
            .marginal(|i| subset >> i & 1 == 1, &Monitor::new())
            .unwrap();
        let want: f64 = -marginal.iter().map(|p| p * p.ln()).sum::<f64>();
        assert!((got - want).abs() < 1e-15, "{subset:b}: {got} for {want}");
    }

    // As tables: one-letter coordinates only, and a large one.
    let certain = table_subset_entropies(&[1.0], &[1; 18], &Monitor::new()).unwrap();
    assert_eq!(certain, vec![0.0; 1 << 18]);
    let table = reference::some_table(1 << n, 5);
    let got = table_subset_entropies(&table, &[2; 18], &Monitor::new()).unwrap();
    for subset in (0..1u64 << n).step_by(9973) {
        let want = reference::entropy(&table, &[2; 18], subset);
        assert!((got[subset as usize] - want).abs() < 1e-12);
    }
}

#[test]
fn subsets_of_full_samples_are_those_of_their_table() {
    let rows: Vec<u16> = (0..4096u16)
        .flat_map(|k| (0..12).map(move |i| k >> i & 1))
        .collect();
    let weights: Vec<f64> = (0..4096).map(|k| f64::from(1 + k * k % 11)).collect();
    let support = Support::new(&rows, 12, &weights, &Monitor::new()).unwrap();
    assert!(matches!(
        Route::cheaper_by_subset(&support, &Monitor::new())
            .unwrap()
            .0,
        Route::Table(_)
    ));
    let got = support_subset_entropies(&support, &Monitor::new()).unwrap();
    let table = support.clone().normalised().table();
    let want = table_subset_entropies(&table, &[2; 12], &Monitor::new()).unwrap();
    assert_eq!(got, want);
    let ends = [&rows[..12], &rows[4095 * 12..]].concat();
    let few = Support::new(&ends, 12, &weights[..2], &Monitor::new()).unwrap();
    assert!(matches!(
        Route::cheaper_by_subset(&few, &Monitor::new()).unwrap().0,
        Route::Atoms
    ));
}

proptest! {
    #[test]
    fn tables_atoms_and_definition_agree(
        shape in proptest::collection::vec(1usize..4, 1..7),
        seed in any::<u64>(),
    ) {
        let n = shape.len();
        let table = reference::some_table(shape.iter().product(), seed);
        let want = naive(&table, &shape);
        let monitor = Monitor::new();
        let dense = Curve::of_table(&table, &shape, &monitor).unwrap();
        close(&dense.mean_entropies, &want, 1e-13);
        let support = Support::of_table(&table, &shape, &Monitor::new()).unwrap();
        let atoms = Curve::of_support(&support, Estimator::Plugin, &monitor).unwrap();
        close(&atoms.mean_entropies, &want, 1e-13);
        close(&atoms.information, &dense.information, 1e-13);
        // Han's inequality, and the totals that need no lattice.
        prop_assert!(dense.conditional.is_sorted_by(|a, b| a >= b));
        let tc: f64 = dense.information.iter().sum();
        let dtc = n as f64 * dense.information[n - 1] - tc;
        for totals in [
            Totals::of_table(&table, &shape, &monitor).unwrap(),
            Totals::of_support(&support, &monitor).unwrap(),
        ] {
            prop_assert!((totals.entropy - want[n]).abs() < 1e-13);
            prop_assert!((totals.total_correlation - tc).abs() < 1e-13);
            prop_assert!((totals.dual_total_correlation - dtc).abs() < 1e-12);
        }
        let subsets = table_subset_entropies(&table, &shape, &monitor).unwrap();
        let from_atoms = support_subset_entropies(&support, &monitor).unwrap();
        close(&subsets, &from_atoms, 1e-13);
    }
}
