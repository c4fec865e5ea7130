//! The coverage-adjusted entropy estimator of Chao and Shen (2003) over the whole lattice.
//!
//! From counts `c` with total `N`, of which `f_1` are ones, the coverage is estimated by
//! `C = 1 - f_1 / N` (Good-Turing) and the entropy by the Horvitz-Thompson sum
//! `- sum_c C p ln(C p) / (1 - (1 - C p)^N)` with `p = c / N`. The coverage belongs to the subset, so
//! that the terms are not a fixed function of the cell: every subset is visited with its counts.

use super::plan::{ATOM_COST, NODE_COST, ONE_TASK};
use super::refine::{Partition, Refiner};
use super::{MAX_COORDINATES, Support};
use crate::error::Result;
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::{Sum, binomials};

/// Cost of the estimator's term of one count, in terms of a table walk.
const COUNT_COST: f64 = 80.0;

/// Leading columns whose choices make the parallel tasks.
const TASK_COLUMNS: usize = 6;

/// Estimated entropies summed over all subsets of each size of the coordinates that vary.
///
/// # Errors
/// If the weights are not counts, more coordinates vary than a mask holds, or when interrupted.
pub fn chao_shen_by_size(support: &Support, monitor: &Monitor) -> Result<Vec<Sum>> {
    support.require_counts()?;
    let columns = support.varying();
    support.require_mask()?;
    let task_columns = if support.chao_shen_operations(monitor)? < ONE_TASK {
        0
    } else {
        columns.min(TASK_COLUMNS)
    };
    let tasks = 1usize << task_columns;
    monitor.expect(tasks as u64);
    let parts = parallel::map(tasks, |task| {
        let mut descent = Descent {
            support,
            total: support.weights.iter().sum(),
            refiner: Refiner::new(support),
            alone: support.alone_from_the_start(),
            partitions: vec![Partition::default(); columns],
            sums: vec![Sum::ZERO; columns + 1],
            monitor,
        };
        let mut here = Partition::whole(support);
        let mut there = Partition::default();
        for k in (0..task_columns).filter(|k| task >> k & 1 == 1) {
            descent.refine(k, &here, &mut there);
            std::mem::swap(&mut here, &mut there);
        }
        descent.decide(task_columns, task.count_ones() as usize, &here)?;
        monitor.advance(1)?;
        Ok(descent.sums)
    })?;
    let mut sums = vec![Sum::ZERO; columns + 1];
    for part in parts {
        for (sum, piece) in sums.iter_mut().zip(part) {
            *sum = *sum + piece;
        }
    }
    Ok(sums)
}

/// Predicted operations, in units of one term of a table walk.
///
/// Nodes are entered and refined as in [`walk`](super::walk) without a dense part. Every subset at
/// which atoms are left, or which is the first to leave none, has its counts looked at, each of
/// them once.
pub(super) fn operations(support: &Support, monitor: &Monitor) -> Result<f64> {
    let columns = support.varying();
    if columns > MAX_COORDINATES {
        return Ok(f64::INFINITY);
    }
    let nodes = support.sizes(monitor)?.nodes(1);
    let mut operations = 0.0;
    // Nodes at level `k` decide `k` columns, `C(k, j)` ways for `j` of them.
    for k in 0..=columns {
        for ((j, node), ways) in nodes.iter().enumerate().zip(binomials(k)) {
            let leaves = if k == columns {
                node.open
            } else {
                nodes
                    .get(j + 1)
                    .map_or(node.open, |next| node.open - next.open)
            };
            let counts = (support.atoms() as f64 - node.atoms) + node.classes;
            operations += ways.value()
                * (NODE_COST * node.open + ATOM_COST * node.atoms + COUNT_COST * leaves * counts);
        }
    }
    Ok(operations)
}

struct Descent<'a> {
    support: &'a Support,
    total: f64,
    refiner: Refiner,
    /// Counts of the atoms that are alone.
    alone: Vec<f64>,
    partitions: Vec<Partition>,
    sums: Vec<Sum>,
    monitor: &'a Monitor,
}

impl Descent<'_> {
    fn refine(&mut self, k: usize, from: &Partition, into: &mut Partition) {
        let (support, alone) = (self.support, &mut self.alone);
        self.refiner
            .refine(&support.columns[k], from, into, |atom| {
                alone.push(support.weights[atom as usize]);
            });
    }

    fn decide(&mut self, k: usize, size: usize, partition: &Partition) -> Result<()> {
        let columns = self.support.varying();
        if partition.is_empty() || k == columns {
            self.monitor.check()?;
            let mut counts: Vec<f64> = partition.weights(&self.support.weights).collect();
            counts.extend(&self.alone);
            let entropy = chao_shen(&counts, self.total);
            // Nothing is left to split: all supersets have these counts.
            for (entry, &ways) in self.sums[size..].iter_mut().zip(binomials(columns - k)) {
                *entry = *entry + Sum::from(entropy) * ways;
            }
            return Ok(());
        }
        self.decide(k + 1, size, partition)?;
        let mut finer = std::mem::take(&mut self.partitions[k]);
        let before = self.alone.len();
        self.refine(k, partition, &mut finer);
        self.decide(k + 1, size + 1, &finer)?;
        self.alone.truncate(before);
        self.partitions[k] = finer;
        Ok(())
    }
}

/// The estimate from one list of counts.
pub fn chao_shen(counts: &[f64], total: f64) -> f64 {
    let singletons = counts.iter().filter(|&&c| c == 1.0).count() as f64;
    // With nothing but singletons the coverage would be zero; the usual convention keeps one back.
    let singletons = if singletons == total {
        total - 1.0
    } else {
        singletons
    };
    let coverage = 1.0 - singletons / total;
    let term = |&count: &f64| {
        let p = coverage * count / total;
        if p == 0.0 || p == 1.0 {
            return 0.0;
        }
        // 1 - (1 - p)^N without cancellation.
        let seen = -(total * (-p).ln_1p()).exp_m1();
        -p * p.ln() / seen
    };
    counts.iter().map(term).collect::<Sum>().value()
}
