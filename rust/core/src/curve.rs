//! The information curve, as every route returns it.
//!
//! With `M_j` the mean of `H(X_S)` over the subsets of size `j`, the curve in its two forms is
//! `h_j = M_{j+1} - M_j` (mean entropy of a random masked token when `j` random others are
//! revealed; non-increasing by Han's inequality) and `Z_j = h_0 - h_{j-1}` (mean information
//! between them; Chen, Cong and Li, arXiv 2511.04647). The means arrive as unevaluated sums of
//! about 106 bits, so that these differences lose nothing to cancellation: what is left is the
//! rounding of single terms, which averages out over the subsets.

use crate::error::Result;
use crate::kernel::{Kernel, Terms};
use crate::lattice;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::sum::{Sum, binomials};
use crate::support::{self, Support};
use crate::table::{self, Entropies};

/// A list of atoms is turned into a dense table of at most this many cells.
const MAX_TABLE_CELLS: f64 = (1u64 << 27) as f64;

/// A table is turned into a list of atoms only if this share of its cells is positive, at most.
const SPARSE: f64 = 1.0 / 16.0;

/// Tables below this many terms are walked as they are: looking for something better takes longer.
const SMALL: f64 = 1e6;

/// Error of a difference of mean entropies, relative to the joint entropy or to one, whichever is
/// larger: that of single terms (`4e-16`, see [`kernel`](crate::kernel)) and as much again.
const ROUNDING: f64 = 8e-16;

/// The curve in its three forms, in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// `M_0 .. M_n`.
    pub mean_entropies: Vec<f64>,
    /// `h_0 .. h_{n-1}`.
    pub conditional: Vec<f64>,
    /// `Z_1 .. Z_n`.
    pub information: Vec<f64>,
}

/// How the entropy of a marginal is estimated from counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// Of the empirical law itself.
    Plugin,
    /// Plus `(support - 1) / 2N` (Miller 1955).
    MillerMadow,
    /// Coverage-adjusted (Chao and Shen 2003).
    ChaoShen,
}

impl Curve {
    /// From the mean entropies `M_0 .. M_n`.
    ///
    /// Where two neighbours differ by less than the rounding of the entropies they come from, they
    /// are made equal: a plateau of the law is a plateau of the curve, and costs nothing.
    pub fn new(means: &[Sum]) -> Self {
        let steps: Vec<Sum> = means.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let joint = (means[means.len() - 1] - means[0]).value();
        let rounding = ROUNDING * joint.max(1.0);
        let mut conditional = Vec::with_capacity(steps.len());
        let mut information = Vec::with_capacity(steps.len());
        let (mut first, mut level) = (Sum::ZERO, Sum::ZERO);
        for (j, &step) in steps.iter().enumerate() {
            if step.value().abs() <= rounding {
                level = Sum::ZERO;
            } else if j == 0 || (step - level).value().abs() > rounding {
                level = step;
            }
            if j == 0 {
                first = level;
            }
            conditional.push(level.value());
            information.push((first - level).value());
        }
        let mut mean_entropies: Vec<f64> = means.iter().map(|&m| entropy(m)).collect();
        mean_entropies[0] = 0.0;
        Self {
            mean_entropies,
            conditional,
            information,
        }
    }

    /// From `h_0 .. h_{n-1}` and `Z_1 .. Z_n` that a route found directly.
    pub fn direct(conditional: Vec<f64>, information: Vec<f64>) -> Self {
        let mut entropy = Sum::ZERO;
        let mut mean_entropies = vec![0.0];
        mean_entropies.extend(conditional.iter().map(|&h| {
            entropy.push(h);
            entropy.value()
        }));
        Self {
            mean_entropies,
            conditional,
            information,
        }
    }

    /// Of a normalised dense table.
    ///
    /// # Errors
    /// If it is predicted to take too long, or when interrupted.
    pub fn of_table(cells: &[f64], shape: &[usize], monitor: &Monitor) -> Result<Self> {
        let terms = lattice::terms(shape);
        let fits = |&q: &usize| q <= support::MAX_LETTERS;
        if terms > SMALL && shape.len() <= support::MAX_COORDINATES && shape.iter().all(fits) {
            let positive = cells.iter().filter(|&&p| p > 0.0).count();
            if positive as f64 <= SPARSE * cells.len() as f64 {
                let support = Support::of_table(cells, shape, monitor)?;
                if support.predicted_operations() < terms {
                    let sums = support_sums(&support, |k| &k.x_ln_x, monitor)?;
                    return Ok(Self::new(&entropies(sums)));
                }
            }
        }
        require_work("the subset lattice of this table", terms, MAX_TERMS)?;
        let sums = lattice::sums_by_size(cells, shape, |k| &k.x_ln_x, monitor)?;
        Ok(Self::new(&entropies(means(sums, shape.len()))))
    }

    /// Of counted or weighted atoms.
    ///
    /// # Errors
    /// If it is predicted to take too long, if the estimator needs counts and the weights are not
    /// whole, or when interrupted.
    pub fn of_support(support: &Support, estimator: Estimator, monitor: &Monitor) -> Result<Self> {
        let total = support.total();
        if estimator == Estimator::ChaoShen {
            support.require_mask()?;
            let operations = support.predicted_operations();
            require_work("the subset lattice of these samples", operations, MAX_TERMS)?;
            let sums = support::chao_shen_by_size(support, monitor)?;
            return Ok(Self::new(&means(sums, support.n())));
        }
        let normalised = support.clone().normalised();
        let mut means = entropies(support_sums(&normalised, |k| &k.x_ln_x, monitor)?);
        if estimator == Estimator::MillerMadow {
            let sizes = support_sums(support, |k| &k.positive, monitor)?;
            for (mean, size) in means.iter_mut().zip(sizes) {
                *mean = *mean + (size - Sum::from(1.0)) * (0.5 / total);
            }
        }
        Ok(Self::new(&means))
    }
}

/// Good-Turing coverage by subset size: one minus the mean share of singletons among the samples.
///
/// # Errors
/// As [`Curve::of_support`]; the weights must be counts.
pub fn coverage(support: &Support, monitor: &Monitor) -> Result<Vec<f64>> {
    support.require_counts()?;
    let total = support.total();
    let singletons = support_sums(support, |k| &k.singleton, monitor)?;
    Ok(singletons
        .iter()
        .map(|f1| 1.0 - f1.value() / total)
        .collect())
}

/// An entropy as it is returned: a certain outcome has 0, and not the rounding error of `1 ln 1`.
fn entropy(sum: Sum) -> f64 {
    sum.value().max(0.0)
}

/// Mean sums of `f` by subset size, by the cheaper of the two walks.
fn support_sums(
    support: &Support,
    pick: fn(&Kernel) -> &Terms,
    monitor: &Monitor,
) -> Result<Vec<Sum>> {
    let shape = support.shape();
    let dense = if support.table_cells() <= MAX_TABLE_CELLS {
        lattice::terms(&shape)
    } else {
        f64::INFINITY
    };
    let atoms = support.predicted_operations();
    let what = "the subset lattice of these samples";
    if dense > MAX_TERMS {
        support.require_mask()?;
    }
    require_work(what, atoms.min(dense), MAX_TERMS)?;
    let sums = if dense <= atoms {
        require_memory(what, 16.0 * support.table_cells(), dense)?;
        lattice::sums_by_size(&support.table(), &shape, pick, monitor)?
    } else {
        support::sums_by_size(support, pick, monitor)?
    };
    Ok(means(sums, support.n()))
}

/// Entropies from sums of `x ln x`.
fn entropies(sums: Vec<Sum>) -> Vec<Sum> {
    sums.into_iter().map(|sum| -sum).collect()
}

/// Means over the subsets of each size of `n` coordinates, of which all but `sums.len() - 1` never
/// vary and change no marginal.
fn means(sums: Vec<Sum>, n: usize) -> Vec<Sum> {
    let varying = sums.len() - 1;
    let mut means = Vec::with_capacity(n + 1);
    for (sum, &ways) in sums.into_iter().zip(binomials(varying)) {
        means.push(sum / ways);
    }
    for size in varying + 1..=n {
        // A random subset of size j of `size` coordinates has the new one in it with probability
        // j / size, and then j - 1 others.
        let mut before = Sum::ZERO;
        for (j, mean) in means.iter_mut().enumerate() {
            let here = *mean;
            *mean = here + (before - here) * (j as f64 / size as f64);
            before = here;
        }
        means.push(before);
    }
    means
}

/// Entropies of all subsets of the coordinates of a table, by bit mask.
///
/// # Errors
/// If memory or time would not do, or when interrupted.
pub fn table_subset_entropies(
    cells: &[f64],
    shape: &[usize],
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    let what = "the entropies of all subsets";
    let terms = lattice::terms(shape);
    require_memory(what, 48.0 * 2f64.powi(shape.len() as i32), terms)?;
    require_work(what, terms, MAX_TERMS)?;
    let sums = lattice::sums_by_subset(cells, shape, |k| &k.x_ln_x, monitor)?;
    let mut entropies: Vec<f64> = sums.into_iter().map(|sum| entropy(-sum)).collect();
    entropies[0] = 0.0;
    Ok(entropies)
}

/// Plug-in entropies of all subsets of the coordinates of weighted atoms, by bit mask.
///
/// # Errors
/// As [`table_subset_entropies`].
pub fn support_subset_entropies(support: &Support, monitor: &Monitor) -> Result<Vec<f64>> {
    let what = "the entropies of all subsets";
    let atoms = support.predicted_operations();
    require_memory(what, 32.0 * 2f64.powi(support.n() as i32), atoms)?;
    require_work(what, atoms, MAX_TERMS)?;
    let normalised = support.clone().normalised();
    let varying = support::sums_by_subset(&normalised, |k| &k.x_ln_x, monitor)?;
    let coordinates = support.coordinates();
    Ok((0..1usize << support.n())
        .map(|subset| {
            let bits = coordinates.iter().enumerate();
            let mask: usize = bits.map(|(k, &i)| (subset >> i & 1) << k).sum();
            if mask == 0 {
                return 0.0;
            }
            entropy(Sum::from(-varying[mask]))
        })
        .collect())
}

/// `H`, `TC` and `DTC` in nats, without the lattice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Totals {
    /// `H(X)`.
    pub entropy: f64,
    /// `sum_i H(X_i) - H(X)`.
    pub total_correlation: f64,
    /// `sum_i H(X_rest(i)) - (n - 1) H(X)`.
    pub dual_total_correlation: f64,
}

impl Totals {
    fn new(joint: Sum, single: Sum, leave_one_out: Sum, n: usize) -> Self {
        Self {
            entropy: entropy(joint),
            total_correlation: (single - joint).value().max(0.0),
            dual_total_correlation: (leave_one_out - joint * (n as f64 - 1.0)).value().max(0.0),
        }
    }

    /// Of a normalised dense table; `O(n |table|)`.
    ///
    /// # Errors
    /// When interrupted.
    pub fn of_table(cells: &[f64], shape: &[usize], monitor: &Monitor) -> Result<Self> {
        let entropies = Entropies::new(cells, shape, monitor)?;
        let single = entropies.single.iter().copied().sum();
        let leave_one_out = entropies.leave_one_out.iter().copied().sum();
        Ok(Self::new(
            entropies.joint,
            single,
            leave_one_out,
            shape.len(),
        ))
    }

    /// Plug-in values of weighted atoms; `O(n^2 atoms)`.
    ///
    /// # Errors
    /// When interrupted.
    pub fn of_support(support: &Support, monitor: &Monitor) -> Result<Self> {
        let support = support.clone().normalised();
        let marginal = |kept: &dyn Fn(usize) -> bool| {
            -(crate::kernel::kernel().x_ln_x.sum)(&support.marginal(kept))
        };
        let joint = marginal(&|_| true);
        let (mut single, mut leave_one_out) = (Sum::ZERO, joint * support.constant() as f64);
        for &i in support.coordinates() {
            monitor.check()?;
            single = single + marginal(&|k| k == i);
            leave_one_out = leave_one_out + marginal(&|k| k != i);
        }
        Ok(Self::new(joint, single, leave_one_out, support.n()))
    }
}

/// `H(X)` of a normalised dense table, in nats.
///
/// # Errors
/// When interrupted.
pub fn table_entropy(cells: &[f64], monitor: &Monitor) -> Result<f64> {
    Ok(entropy(table::joint(cells, monitor)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::table as reference;
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
        assert!(support.predicted_operations() < lattice::terms(&shape));
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
        let marginal = |subset: u64| support.marginal(|i| subset >> i & 1 == 1);
        let plugin = Curve::of_support(&support, Estimator::Plugin, &Monitor::new()).unwrap();
        let corrected =
            Curve::of_support(&support, Estimator::MillerMadow, &Monitor::new()).unwrap();
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
}
