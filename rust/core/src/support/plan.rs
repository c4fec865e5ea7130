//! How the subset lattice of a [`Support`] is walked, and what that is predicted to cost.

use super::settled::Agreement;
use super::{Column, Support};
use crate::error::Result;
use crate::monitor::Monitor;

/// Cost of moving one atom in a refinement, or of adding one to a dense table, in terms.
pub(super) const ATOM_COST: f64 = 4.0;

/// Cost of entering a node or a leaf, in terms.
pub(super) const NODE_COST: f64 = 100.0;

/// Cost of settling a class, by set of its atoms, in terms.
const SETTLED_COST: f64 = 30.0;

/// Cost of the dense part of a leaf, by subset of its columns, in terms, besides the terms.
const TABLE_COST: f64 = 40.0;

/// Most cells for each class in the dense part.
const MAX_CELLS: usize = 1 << 12;

/// Leading columns whose choices make the parallel tasks.
const TASK_COLUMNS: usize = 8;

/// Below this cost everything is one task.
pub(super) const ONE_TASK: f64 = 1e5;

/// The order of the columns and what is done with each.
pub(super) struct Plan<'a> {
    pub(super) support: &'a Support,
    /// Columns in the order in which they are decided.
    pub(super) order: Vec<usize>,
    /// How many are decided by refinement; the rest are dense.
    pub(super) refined: usize,
    /// How many make the tasks.
    pub(super) task_columns: usize,
    /// Atoms of the largest class that is settled in closed form.
    pub(super) most: usize,
    /// Predicted cost in terms of a table walk.
    pub(super) operations: f64,
}

impl<'a> Plan<'a> {
    /// Of a walk that settles classes of up to `most` atoms.
    ///
    /// # Errors
    /// If more coordinates vary than a mask holds, or when interrupted.
    pub(super) fn checked(support: &'a Support, most: usize, monitor: &Monitor) -> Result<Self> {
        support.require_mask()?;
        Self::new(support, most, monitor)
    }

    pub(super) fn new(support: &'a Support, most: usize, monitor: &Monitor) -> Result<Self> {
        let columns = support.varying();
        // Small columns go last, into the dense part.
        let order = by_collision(support);
        let nodes = support.sizes(monitor)?.nodes(most);
        // Nodes of the refinement above level `k` decide `i < k` columns, `C(i, j)` ways.
        let mut refinement = 0.0;
        let mut best = (f64::INFINITY, columns);
        let mut binomials = vec![1.0];
        for refined in 0..=columns {
            let dense = order[refined..].iter().map(|&c| support.columns[c].letters);
            let cells = dense.clone().map(|q| q as f64).product::<f64>();
            let terms = dense.map(|q| 1.0 + q as f64).product::<f64>();
            let level = || nodes.iter().zip(&binomials);
            if cells <= MAX_CELLS as f64 {
                let subsets = 2f64.powi((columns - refined) as i32);
                let leaves: f64 = level()
                    .map(|(node, ways)| {
                        let table =
                            TABLE_COST * subsets * node.open + (cells + terms) * node.classes;
                        ways * (NODE_COST * node.open + ATOM_COST * node.atoms + table)
                    })
                    .sum();
                if refinement + leaves < best.0 {
                    best = (refinement + leaves, refined);
                }
            }
            refinement += level()
                .map(|(node, ways)| {
                    let settled = SETTLED_COST * node.settled;
                    ways * (NODE_COST * node.open + ATOM_COST * node.atoms + settled)
                })
                .sum::<f64>();
            let next = |k: usize| {
                let at = |k: usize| binomials.get(k).copied().unwrap_or(0.0);
                if k == 0 { 1.0 } else { at(k - 1) + at(k) }
            };
            binomials = (0..=refined + 1).map(next).collect();
        }
        let (operations, refined) = best;
        Ok(Self {
            support,
            order,
            refined,
            task_columns: if operations < ONE_TASK {
                0
            } else {
                refined.min(TASK_COLUMNS)
            },
            most,
            operations,
        })
    }

    /// Where atoms agree, for classes that are settled.
    pub(super) fn agreement(&self) -> Option<Agreement> {
        (self.most > 1).then(|| Agreement::new(self.support, &self.order))
    }
}

/// The columns, those that split most first, so that atoms are soon alone.
pub(super) fn by_collision(support: &Support) -> Vec<usize> {
    let collisions: Vec<f64> = support
        .columns
        .iter()
        .map(|column| collision(support, column))
        .collect();
    let mut order: Vec<usize> = (0..support.varying()).collect();
    order.sort_by(|&a, &b| collisions[a].total_cmp(&collisions[b]));
    order
}

/// Probability that two draws from `support` agree in `column`.
fn collision(support: &Support, column: &Column) -> f64 {
    let mut mass = vec![0.0; column.letters];
    for (&code, &weight) in column.codes.iter().zip(&support.weights) {
        mass[usize::from(code)] += weight;
    }
    let total: f64 = mass.iter().sum();
    mass.iter().map(|m| (m / total) * (m / total)).sum()
}
