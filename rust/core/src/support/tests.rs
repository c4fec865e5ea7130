use super::*;
use crate::kernel::{Kernel, Terms};
use crate::monitor::Monitor;
use crate::reference::table as reference;
use proptest::prelude::*;

/// Rows with repeated letters and repeated rows, a function of `seed`.
fn some_rows(rows: usize, shape: &[usize], seed: u64) -> Vec<u16> {
    let noise = reference::some_table(rows * shape.len(), seed);
    let letter = |(k, x): (usize, &f64)| {
        let q = shape[k % shape.len()];
        ((x.to_bits() >> 20) % (q as u64 * 2)).min(q as u64 - 1) as u16
    };
    noise.iter().enumerate().map(letter).collect()
}

/// The dense table over all coordinates.
fn dense(rows: &[u16], shape: &[usize], weights: &[f64]) -> Vec<f64> {
    let mut table = vec![0.0; shape.iter().product()];
    for (row, w) in rows.chunks_exact(shape.len()).zip(weights) {
        let cell = row
            .iter()
            .zip(shape)
            .fold(0, |cell, (&x, &q)| cell * q + usize::from(x));
        table[cell] += w;
    }
    table
}

fn check(rows: &[u16], shape: &[usize], weights: &[f64]) {
    let n = shape.len();
    let support = Support::new(rows, n, weights, &Monitor::new()).unwrap();
    let table = dense(rows, shape, weights);
    let picks: [fn(&Kernel) -> &Terms; 3] = [|k| &k.x_ln_x, |k| &k.positive, |k| &k.singleton];
    let varying: Vec<usize> = support.coordinates.clone();
    for pick in picks {
        let by_subset = sums_by_subset(&support, pick, &Monitor::new()).unwrap();
        let by_size = sums_by_size(&support, pick, &Monitor::new()).unwrap();
        let mut want = vec![0.0; varying.len() + 1];
        let terms = pick(crate::kernel::kernel());
        for (mask, &got) in by_subset.iter().enumerate() {
            let subset = varying
                .iter()
                .enumerate()
                .map(|(k, &i)| (mask as u64 >> k & 1) << i)
                .sum();
            let sum = (terms.sum)(&reference::marginal(&table, shape, subset)).value();
            assert!(
                (got - sum).abs() <= 1e-12 * sum.abs().max(1.0),
                "subset {subset:b}: {got} {sum}"
            );
            want[mask.count_ones() as usize] += sum;
        }
        for (got, want) in by_size.iter().zip(want) {
            assert!((got.value() - want).abs() <= 1e-11 * want.abs().max(1.0));
        }
    }
}

#[test]
fn one_atom_and_no_varying_coordinate() {
    check(&[3, 1, 2], &[4, 2, 3], &[2.0]);
    check(&[3, 1, 2, 3, 1, 2], &[4, 2, 3], &[1.0, 1.0]);
    let support = Support::new(&[3, 1], 2, &[1.0], &Monitor::new()).unwrap();
    assert_eq!((support.atoms(), support.varying(), support.n()), (1, 0, 2));
}

#[test]
fn two_atoms_over_forty_coordinates() {
    let mut rows = vec![0u16; 80];
    rows[40..].fill(1);
    let support = Support::new(&rows, 40, &[0.5, 0.5], &Monitor::new()).unwrap();
    assert!(support.predicted_operations(&Monitor::new()).unwrap() < 1e5);
    let sums = sums_by_size(&support, |k| &k.x_ln_x, &Monitor::new()).unwrap();
    let mut binomial = 1.0;
    for (j, sum) in sums.iter().enumerate() {
        let want = if j == 0 { 0.0 } else { -binomial * 2f64.ln() };
        assert!((sum.value() - want).abs() <= 1e-15 * binomial);
        binomial = binomial * (40 - j) as f64 / (j + 1) as f64;
    }
}

#[test]
fn many_atoms_make_tasks_and_dense_leaves() {
    let shape = [2, 3, 2, 2, 5, 2, 2, 2, 1, 4, 2, 2];
    let rows = some_rows(700, &shape, 5);
    check(&rows, &shape, &vec![1.0; 700]);
    let support = Support::new(&rows, shape.len(), &vec![1.0; 700], &Monitor::new()).unwrap();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| sums_by_size(&support, |k| &k.x_ln_x, &Monitor::new()).unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn large_alphabets_do_not_overflow() {
    // Sixteen columns of 65536 letters each: the table would have 2^256 cells.
    let rows: Vec<u16> = (0..65_536u32 * 16)
        .map(|k| (k / 16 * (2 * (k % 16) + 1)) as u16)
        .collect();
    let support = Support::new(&rows, 16, &vec![1.0; 65_536], &Monitor::new()).unwrap();
    assert_eq!(support.table_cells(), 2f64.powi(256));
    let sums = sums_by_size(&support, |k| &k.singleton, &Monitor::new()).unwrap();
    // Odd multiples are permutations of the letters: one coordinate tells the atom.
    assert_eq!(sums[0].value(), 0.0);
    assert_eq!(sums[1].value(), 16.0 * 65_536.0);
}

#[test]
fn bad_weights_are_named() {
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let error = Support::new(&[0, 1], 1, &[1.0, bad], &Monitor::new()).unwrap_err();
        assert!(
            error.to_string().starts_with("weights: weight 1 is"),
            "{error}"
        );
    }
    assert!(Support::new(&[0, 1], 1, &[0.0, 0.0], &Monitor::new()).is_err());
}

#[test]
fn chao_shen_agrees_with_each_subset_alone() {
    let shape = [2, 3, 2, 4, 2];
    let rows = some_rows(60, &shape, 9);
    let support = Support::new(&rows, 5, &[1.0; 60], &Monitor::new()).unwrap();
    let table = dense(&rows, &shape, &[1.0; 60]);
    let got = chao_shen_by_size(&support, &Monitor::new()).unwrap();
    let mut want = [0.0; 6];
    for subset in 0u64..32 {
        let mut counts = reference::marginal(&table, &shape, subset);
        counts.retain(|&c| c > 0.0);
        let f1 = counts.iter().filter(|&&c| c == 1.0).count() as f64;
        let c = 1.0 - f1.min(59.0) / 60.0;
        let term = |&x: &f64| {
            let p = c * x / 60.0;
            if p == 1.0 {
                0.0
            } else {
                -p * p.ln() / (1.0 - (1.0 - p).powf(60.0))
            }
        };
        want[subset.count_ones() as usize] += counts.iter().map(term).sum::<f64>();
    }
    for (got, want) in got.iter().zip(want) {
        assert!((got.value() - want).abs() < 1e-11, "{} {want}", got.value());
    }
}

#[test]
fn sixty_four_columns_at_both_ends_of_the_lattice() {
    let shape: Vec<usize> = (0..64).map(|i| 2 + i % 5).collect();
    let rows = some_rows(40, &shape, 3);
    let weights: Vec<f64> = (0..40).map(|k| f64::from(1 + k % 3)).collect();
    let support = Support::new(&rows, 64, &weights, &Monitor::new()).unwrap();
    assert_eq!(support.varying(), 64);
    // Without the closed form of small classes it would be some 1e15.
    assert!(support.predicted_operations(&Monitor::new()).unwrap() < 1e10);
    let sum = |kept: &dyn Fn(usize) -> bool| {
        let terms = support
            .marginal(kept, &Monitor::new())
            .unwrap()
            .into_iter()
            .map(|w| w * w.ln());
        terms.sum::<f64>()
    };
    let pairs = (0..64).flat_map(|a| (0..a).map(move |b| (a, b)));
    let want = [
        (0, sum(&|_| false)),
        (1, (0..64).map(|a| sum(&|i| i == a)).sum()),
        (
            2,
            pairs.clone().map(|(a, b)| sum(&|i| i == a || i == b)).sum(),
        ),
        (62, pairs.map(|(a, b)| sum(&|i| i != a && i != b)).sum()),
        (63, (0..64).map(|a| sum(&|i| i != a)).sum()),
        (64, sum(&|_| true)),
    ];
    let got = sums_by_size(&support, |k| &k.x_ln_x, &Monitor::new()).unwrap();
    for (size, want) in want {
        let got = got[size].value();
        assert!(
            (got - want).abs() <= 1e-13 * want.abs(),
            "{size}: {got} {want}"
        );
    }
}

proptest! {
    #[test]
    fn agrees_with_the_dense_definition(
        shape in proptest::collection::vec(1usize..5, 1..7),
        count in 1usize..60,
        seed in any::<u64>(),
        weighted in any::<bool>(),
    ) {
        let rows = some_rows(count, &shape, seed);
        let weight = |k| if weighted { 0.25 * (k % 7) as f64 } else { 1.0 };
        let mut weights: Vec<f64> = (0..count).map(weight).collect();
        weights[0] += 0.5;
        check(&rows, &shape, &weights);
    }

    #[test]
    fn tables_and_atoms_are_the_same_thing(
        shape in proptest::collection::vec(1usize..5, 1..6),
        seed in any::<u64>(),
    ) {
        let table = reference::some_table(shape.iter().product(), seed);
        let support = Support::of_table(&table, &shape, &Monitor::new()).unwrap();
        let used: Vec<f64> = table.iter().copied().filter(|&p| p > 0.0).collect();
        prop_assert_eq!(support.weights(), &used[..]);
        let mut there = support.table();
        let mut here = table;
        there.retain(|&p| p > 0.0);
        here.retain(|&p| p > 0.0);
        there.sort_by(f64::total_cmp);
        here.sort_by(f64::total_cmp);
        prop_assert_eq!(there, here);
    }
}
