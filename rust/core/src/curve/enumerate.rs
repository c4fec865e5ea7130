//! The curve by enumeration of the subset lattice, of a table or of atoms: by whichever is cheaper.

use super::Curve;
use crate::error::Result;
use crate::kernel::{Kernel, Terms, kernel};
use crate::lattice;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::sum::{Sum, binomials};
use crate::support::{self, Counted, Support};

/// A list of atoms is turned into a dense table of at most this many cells.
const MAX_TABLE_CELLS: f64 = (1u64 << 27) as f64;

/// A table is turned into a list of atoms only if this share of its cells is positive, at most.
const SPARSE: f64 = 1.0 / 16.0;

/// Tables below this many terms are walked as they are: looking for something better takes longer.
pub(super) const SMALL: f64 = 1e6;

/// Walks over samples above this many operations are compared with counting their classes.
const SEARCHED: f64 = 1e7;

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
    /// Of a normalised dense table.
    ///
    /// # Errors
    /// If it is predicted to take too long, or when interrupted.
    pub fn of_table(cells: &[f64], shape: &[usize], monitor: &Monitor) -> Result<Self> {
        let (sparse, operations) = table_route(cells, shape, monitor)?;
        if let Some(support) = sparse {
            let sums = support_sums(&support, 1.0, |k| &k.x_ln_x, monitor)?;
            return Ok(Self::new(&entropies(sums)));
        }
        require_work("the subset lattice of this table", operations, MAX_TERMS)?;
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
            let operations = support.chao_shen_operations(monitor)?;
            require_work("the subset lattice of these samples", operations, MAX_TERMS)?;
            let sums = support::chao_shen_by_size(support, monitor)?;
            return Ok(Self::new(&means(sums, support.n())));
        }
        let mut means = entropies(support_sums(support, total, |k| &k.x_ln_x, monitor)?);
        if estimator == Estimator::MillerMadow {
            let sizes = support_sums(support, 1.0, |k| &k.positive, monitor)?;
            for (mean, size) in means.iter_mut().zip(sizes) {
                *mean = *mean + (size - Sum::from(1.0)) * (0.5 / total);
            }
        }
        Ok(Self::new(&means))
    }
}

/// Predicted operations of [`Curve::of_table`].
///
/// # Errors
/// When interrupted.
pub fn table_operations(cells: &[f64], shape: &[usize], monitor: &Monitor) -> Result<f64> {
    Ok(table_route(cells, shape, monitor)?.1)
}

/// The atoms of a table, where they are walked sooner than the table itself, and the predicted
/// operations.
fn table_route(
    cells: &[f64],
    shape: &[usize],
    monitor: &Monitor,
) -> Result<(Option<Support>, f64)> {
    let terms = lattice::terms(shape);
    let fits = |&q: &usize| q <= support::MAX_LETTERS;
    if terms > SMALL && shape.len() <= support::MAX_COORDINATES && shape.iter().all(fits) {
        let positive = cells.iter().filter(|&&p| p > 0.0).count();
        if positive as f64 <= SPARSE * cells.len() as f64 {
            let support = Support::of_table(cells, shape, monitor)?;
            let operations = support.predicted_operations(monitor)?;
            if operations < terms {
                return Ok((Some(support), operations));
            }
        }
    }
    Ok((None, terms))
}

/// Predicted operations of [`Curve::of_support`] and, of counts, of [`coverage`] after it.
///
/// # Errors
/// When interrupted.
pub fn support_operations(
    support: &Support,
    estimator: Estimator,
    counted: bool,
    monitor: &Monitor,
) -> Result<f64> {
    let walk = BySize::cheapest(support, monitor)?.1;
    let curve = match estimator {
        Estimator::Plugin => walk,
        Estimator::MillerMadow => 2.0 * walk,
        Estimator::ChaoShen => support.chao_shen_operations(monitor)?,
    };
    Ok(if counted { curve + walk } else { curve })
}

/// Good-Turing coverage by subset size: one minus the mean share of singletons among the samples.
///
/// # Errors
/// As [`Curve::of_support`]; the weights must be counts.
pub fn coverage(support: &Support, monitor: &Monitor) -> Result<Vec<f64>> {
    support.require_counts()?;
    let total = support.total();
    let singletons = support_sums(support, 1.0, |k| &k.singleton, monitor)?;
    Ok(singletons
        .iter()
        .map(|f1| 1.0 - f1.value() / total)
        .collect())
}

/// How the lattice of a list of atoms is walked.
pub(super) enum Route {
    /// As a dense table of this shape, over the coordinates that vary.
    Table(Vec<usize>),
    /// By refinement of the list.
    Atoms,
}

impl Route {
    /// The cheaper of the two for one sum a subset, and its predicted operations.
    pub(super) fn cheaper_by_subset(support: &Support, monitor: &Monitor) -> Result<(Self, f64)> {
        Ok(Self::of(support, support.subset_operations(monitor)?))
    }

    fn of(support: &Support, atoms: f64) -> (Self, f64) {
        let shape = support.shape();
        let table = if support.table_cells() <= MAX_TABLE_CELLS {
            lattice::terms(&shape)
        } else {
            f64::INFINITY
        };
        if table <= atoms {
            (Self::Table(shape), table)
        } else {
            (Self::Atoms, atoms)
        }
    }
}

/// How sums by size are found.
enum BySize {
    Lattice(Route),
    Counted(Counted),
}

impl BySize {
    /// The cheapest way, and its predicted operations.
    fn cheapest(support: &Support, monitor: &Monitor) -> Result<(Self, f64)> {
        let (route, operations) = Route::of(support, support.predicted_operations(monitor)?);
        if operations > SEARCHED
            && let Some(plan) = Counted::plan(support, monitor)?
            && plan.operations < operations
        {
            let operations = plan.operations;
            return Ok((Self::Counted(plan), operations));
        }
        Ok((Self::Lattice(route), operations))
    }
}

/// Mean sums of `f` by subset size, of the weights divided by `total`: their sum, or 1.
fn support_sums(
    support: &Support,
    total: f64,
    pick: fn(&Kernel) -> &Terms,
    monitor: &Monitor,
) -> Result<Vec<Sum>> {
    let what = "the subset lattice of these samples";
    let (route, operations) = BySize::cheapest(support, monitor)?;
    if operations == f64::INFINITY {
        support.require_mask()?;
    }
    require_work(what, operations, MAX_TERMS)?;
    let scaled;
    let support = if total == 1.0 {
        support
    } else {
        scaled = support.clone().normalised();
        &scaled
    };
    let sums = match route {
        BySize::Lattice(Route::Table(shape)) => {
            require_memory(what, 16.0 * support.table_cells(), operations)?;
            lattice::sums_by_size(&support.table(), &shape, pick, monitor)?
        }
        BySize::Lattice(Route::Atoms) => support::sums_by_size(support, pick, monitor)?,
        BySize::Counted(plan) => {
            let f = |count: f64| (pick(kernel()).sum)(&[count / total]).value();
            plan.sums_by_size(f, monitor)?
        }
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
