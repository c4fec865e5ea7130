//! The entropies of all subsets, one by one.

use super::entropy;
use super::enumerate::Route;
use crate::error::Result;
use crate::lattice::{self, insert_bit};
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::{CHECKED, Monitor};
use crate::sum::Sum;
use crate::support::{self, Support};

/// What refusals call it.
const WHAT: &str = "the entropies of all subsets";

/// Entropies of all subsets of the coordinates of a table, by bit mask.
///
/// # Errors
/// If memory or time would not do, or when interrupted.
pub fn table_subset_entropies(
    cells: &[f64],
    shape: &[usize],
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    let terms = lattice::terms(shape);
    require_memory(WHAT, 48.0 * 2f64.powi(shape.len() as i32), terms)?;
    require_work(WHAT, terms, MAX_TERMS)?;
    let sums = lattice::sums_by_subset(cells, shape, |k| &k.x_ln_x, monitor)?;
    entropies(&sums, |&sum| sum, monitor)
}

/// Plug-in entropies of all subsets of the coordinates of weighted atoms, by bit mask.
///
/// # Errors
/// As [`table_subset_entropies`].
pub fn support_subset_entropies(support: &Support, monitor: &Monitor) -> Result<Vec<f64>> {
    let (route, operations) = Route::cheaper_by_subset(support, monitor)?;
    require_memory(WHAT, 32.0 * 2f64.powi(support.n() as i32), operations)?;
    require_work(WHAT, operations, MAX_TERMS)?;
    let normalised = support.clone().normalised();
    let mut all = match route {
        Route::Table(shape) => {
            let table = normalised.table();
            let sums = lattice::sums_by_subset(&table, &shape, |k| &k.x_ln_x, monitor)?;
            entropies(&sums, |&sum| sum, monitor)?
        }
        Route::Atoms => {
            let sums = support::sums_by_subset(&normalised, |k| &k.x_ln_x, monitor)?;
            entropies(&sums, |&sum| Sum::from(sum), monitor)?
        }
    };
    for i in (0..support.n()).filter(|i| !support.coordinates().contains(i)) {
        all = insert_bit(i, &all, &all, monitor)?;
    }
    Ok(all)
}

/// From sums of `x ln x` by bit mask; the empty subset comes first.
fn entropies<T>(sums: &[T], sum: impl Fn(&T) -> Sum, monitor: &Monitor) -> Result<Vec<f64>> {
    let mut entropies = Vec::with_capacity(sums.len());
    for part in sums.chunks(CHECKED) {
        monitor.check()?;
        entropies.extend(part.iter().map(|one| entropy(-sum(one))));
    }
    entropies[0] = 0.0;
    Ok(entropies)
}
