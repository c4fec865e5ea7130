//! The walk of the subset lattice of a [`Support`].
//!
//! The first columns are decided one by one, by refinement. The last few are decided together: the
//! classes left become the contiguous block of a dense table over those columns, which the walk of
//! [`lattice`](crate::lattice) takes. How many columns the dense part gets is a matter of
//! predicted cost.

use super::refine::{Partition, Refiner};
use super::{Column, Support};
use crate::error::Result;
use crate::kernel::{Kernel, Terms};
use crate::lattice::Walk;
use crate::monitor::{CHECKED, Monitor};
use crate::parallel;
use crate::sum::{Sum, binomials};

/// Cost of moving one atom in a refinement, or of adding one to a dense table, in terms.
const ATOM_COST: f64 = 4.0;

/// Cost of entering a node or a leaf, in terms.
const NODE_COST: f64 = 60.0;

/// Most cells for each class in the dense part.
const MAX_CELLS: usize = 1 << 12;

/// Leading columns whose choices make the parallel tasks.
const TASK_COLUMNS: usize = 8;

/// Below this cost everything is one task.
pub(super) const ONE_TASK: f64 = 1e5;

/// Sums of `f` over all marginals of a size, over the coordinates that vary: entry `j` adds up the
/// `C(v, j)` subsets.
///
/// # Errors
/// If more coordinates vary than a mask holds, or when interrupted.
pub fn sums_by_size(
    support: &Support,
    pick: fn(&Kernel) -> &Terms,
    monitor: &Monitor,
) -> Result<Vec<Sum>> {
    let plan = Plan::checked(support)?;
    let mut sums = vec![Sum::ZERO; support.varying() + 1];
    let parts = plan.run(pick, monitor, |_| BySize(vec![Sum::ZERO; sums.len()]))?;
    for part in parts {
        for (sum, piece) in sums.iter_mut().zip(part.0) {
            *sum = *sum + piece;
        }
    }
    Ok(sums)
}

/// Sums of `f` over every marginal of the coordinates that vary: bit `k` of the index stands for
/// the `k`-th of them.
///
/// # Errors
/// As [`sums_by_size`].
pub fn sums_by_subset(
    support: &Support,
    pick: fn(&Kernel) -> &Terms,
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    let plan = Plan::checked(support)?;
    let rest = support.varying() - plan.task_columns;
    let parts = plan.run(pick, monitor, |_| BySubset {
        sums: vec![0.0; 1 << rest],
        monitor,
    })?;
    let (fixed, counted) = plan.order.split_at(plan.task_columns);
    let mut sums = vec![0.0; 1 << support.varying()];
    for (task, part) in parts.iter().enumerate() {
        let columns = fixed.iter().enumerate();
        let mut subset: usize = columns.map(|(k, column)| (task >> k & 1) << column).sum();
        for (start, piece) in part.sums.chunks(CHECKED).enumerate() {
            monitor.check()?;
            for (high, &sum) in (start * CHECKED..).zip(piece) {
                sums[subset] = sum;
                // Counting one up flips the last bits that are set, and the next one.
                let flipped = (high.trailing_ones() as usize + 1).min(rest);
                subset ^= counted[..flipped].iter().map(|c| 1 << c).sum::<usize>();
            }
        }
    }
    Ok(sums)
}

/// Where the sums of one task go. `fixed` is the number of task columns, whose bits are the lowest.
trait Collect: Send {
    /// One subset.
    fn one(&mut self, mask: u64, fixed: usize, sum: f64);
    /// `mask` and every extension of it by columns `from..columns`.
    fn extensions(
        &mut self,
        mask: u64,
        fixed: usize,
        from: usize,
        columns: usize,
        sum: f64,
    ) -> Result<()>;
}

struct BySize(Vec<Sum>);

impl Collect for BySize {
    fn one(&mut self, mask: u64, _: usize, sum: f64) {
        self.0[mask.count_ones() as usize].push(sum);
    }
    fn extensions(
        &mut self,
        mask: u64,
        _: usize,
        from: usize,
        columns: usize,
        sum: f64,
    ) -> Result<()> {
        let size = mask.count_ones() as usize;
        for (entry, &ways) in self.0[size..].iter_mut().zip(binomials(columns - from)) {
            *entry = *entry + Sum::from(sum) * ways;
        }
        Ok(())
    }
}

struct BySubset<'a> {
    sums: Vec<f64>,
    monitor: &'a Monitor,
}

impl Collect for BySubset<'_> {
    fn one(&mut self, mask: u64, fixed: usize, sum: f64) {
        self.sums[(mask >> fixed) as usize] = sum;
    }
    fn extensions(
        &mut self,
        mask: u64,
        fixed: usize,
        from: usize,
        columns: usize,
        sum: f64,
    ) -> Result<()> {
        for more in 0..1u64 << (columns - from) {
            if more.is_multiple_of(CHECKED as u64) {
                self.monitor.check()?;
            }
            self.one(mask | more << from, fixed, sum);
        }
        Ok(())
    }
}

/// The order of the columns and what is done with each.
pub(super) struct Plan<'a> {
    support: &'a Support,
    /// Columns in the order in which they are decided.
    order: Vec<usize>,
    /// How many are decided by refinement; the rest are dense.
    refined: usize,
    /// How many make the tasks.
    task_columns: usize,
    /// Predicted cost in terms of a table walk.
    pub(super) operations: f64,
}

impl<'a> Plan<'a> {
    fn checked(support: &'a Support) -> Result<Self> {
        support.require_mask()?;
        Ok(Self::new(support))
    }

    pub(super) fn new(support: &'a Support) -> Self {
        let columns = support.varying();
        // Columns that split most come first, so that atoms are soon alone; small ones go last,
        // into the dense part.
        let mut order: Vec<usize> = (0..columns).collect();
        let collisions: Vec<f64> = support
            .columns
            .iter()
            .map(|c| collision(support, c))
            .collect();
        order.sort_by(|&a, &b| collisions[a].total_cmp(&collisions[b]));

        let sizes = support.sizes();
        // Nodes of the refinement above level `k` decide `i < k` columns, `C(i, j)` ways.
        let mut refinement = 0.0;
        let mut best = (f64::INFINITY, columns);
        let mut binomials = vec![1.0];
        for refined in 0..=columns {
            let dense = order[refined..].iter().map(|&c| support.columns[c].letters);
            let cells = dense.clone().map(|q| q as f64).product::<f64>();
            let terms = dense.map(|q| 1.0 + q as f64).product::<f64>();
            if cells <= MAX_CELLS as f64 {
                let leaves: f64 = sizes
                    .nodes(&binomials)
                    .map(|(ways, atoms, classes)| {
                        ways * (NODE_COST + ATOM_COST * atoms + (cells + terms) * classes)
                    })
                    .sum();
                if refinement + leaves < best.0 {
                    best = (refinement + leaves, refined);
                }
            }
            refinement += sizes
                .nodes(&binomials)
                .map(|(ways, atoms, _)| ways * (NODE_COST + ATOM_COST * atoms))
                .sum::<f64>();
            let next = |k: usize| {
                let at = |k: usize| binomials.get(k).copied().unwrap_or(0.0);
                if k == 0 { 1.0 } else { at(k - 1) + at(k) }
            };
            binomials = (0..=refined + 1).map(next).collect();
        }
        let (operations, refined) = best;
        Self {
            support,
            order,
            refined,
            task_columns: if operations < ONE_TASK {
                0
            } else {
                refined.min(TASK_COLUMNS)
            },
            operations,
        }
    }

    /// Runs every task; the results come in task order. Task `t` keeps the leading columns in the
    /// bit mask `t`.
    fn run<C: Collect>(
        &self,
        pick: fn(&Kernel) -> &Terms,
        monitor: &Monitor,
        collect: impl Fn(usize) -> C + Sync,
    ) -> Result<Vec<C>> {
        let tasks = 1usize << self.task_columns;
        monitor.expect(tasks as u64);
        let job = |task: usize| {
            let mut collector = collect(task);
            let mut descent = Descent::new(self, Walk::new(pick, monitor));
            let (mut here, mut alone) = (Partition::whole(self.support), 0.0);
            if here.is_empty() {
                alone = descent.term(self.support.weights[0]);
            }
            let mut there = Partition::default();
            for k in (0..self.task_columns).filter(|k| task >> k & 1 == 1) {
                alone += descent.refine(k, &here, &mut there);
                std::mem::swap(&mut here, &mut there);
            }
            let first = self.task_columns;
            descent.decide(first, task as u64, &here, alone, &mut collector)?;
            monitor.advance(1)?;
            Ok(collector)
        };
        parallel::map(tasks, job)
    }
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

/// One task's way down the lattice.
struct Descent<'a> {
    plan: &'a Plan<'a>,
    walk: Walk<'a>,
    refiner: Refiner,
    /// Weights of the atoms that a refinement set free.
    freed: Vec<f64>,
    /// A partition for each level.
    partitions: Vec<Partition>,
    /// The dense columns: alphabet sizes, and the cell of each atom.
    shape: Vec<usize>,
    cells: Vec<u32>,
    table: Vec<f64>,
    scratch: Vec<f64>,
}

impl<'a> Descent<'a> {
    fn new(plan: &'a Plan<'a>, walk: Walk<'a>) -> Self {
        let support = plan.support;
        let dense = &plan.order[plan.refined..];
        let mut cells = vec![0u32; support.atoms()];
        for &column in dense {
            let column = &support.columns[column];
            for (cell, &code) in cells.iter_mut().zip(&column.codes) {
                *cell = *cell * column.letters as u32 + u32::from(code);
            }
        }
        Self {
            plan,
            walk,
            refiner: Refiner::new(support),
            freed: Vec::new(),
            partitions: vec![Partition::default(); plan.refined],
            shape: dense.iter().map(|&c| support.columns[c].letters).collect(),
            cells,
            table: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// `f` of a single weight.
    fn term(&self, weight: f64) -> f64 {
        self.walk.sum(&[weight])
    }

    /// Splits `from` by the `k`-th column of the order; the sum of `f` over the atoms that are now
    /// alone.
    fn refine(&mut self, k: usize, from: &Partition, into: &mut Partition) -> f64 {
        let support = self.plan.support;
        let column = &support.columns[self.plan.order[k]];
        let freed = &mut self.freed;
        freed.clear();
        self.refiner.refine(column, from, into, |atom| {
            freed.push(support.weights[atom as usize]);
        });
        self.walk.sum(freed)
    }

    /// Decides column `k` and those after it. `alone` is the sum over the atoms not in `partition`.
    fn decide<C: Collect>(
        &mut self,
        k: usize,
        mask: u64,
        partition: &Partition,
        alone: f64,
        collector: &mut C,
    ) -> Result<()> {
        let fixed = self.plan.task_columns;
        if partition.is_empty() {
            let columns = self.plan.order.len();
            return collector.extensions(mask, fixed, k, columns, alone);
        }
        if k == self.plan.refined {
            self.fill(partition);
            return self.walk.descend(
                &self.table,
                &self.shape,
                partition.classes(),
                &mut self.scratch,
                0,
                &mut |subset, sum| collector.one(mask | (subset as u64) << k, fixed, sum + alone),
            );
        }
        self.decide(k + 1, mask, partition, alone, collector)?;
        let mut finer = std::mem::take(&mut self.partitions[k]);
        let freed = self.refine(k, partition, &mut finer);
        self.decide(k + 1, mask | 1 << k, &finer, alone + freed, collector)?;
        self.partitions[k] = finer;
        Ok(())
    }

    /// Makes the table `(shape.. | classes)` of a partition.
    fn fill(&mut self, partition: &Partition) {
        let classes = partition.classes();
        let size = self.shape.iter().product::<usize>() * classes;
        self.table.clear();
        self.table.resize(size, 0.0);
        self.scratch.resize(size, 0.0);
        for (c, class) in partition.iter().enumerate() {
            for &atom in class {
                let cell = self.cells[atom as usize] as usize * classes + c;
                self.table[cell] += self.plan.support.weights[atom as usize];
            }
        }
    }
}
