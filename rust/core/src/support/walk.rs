//! The walk of the subset lattice of a [`Support`].
//!
//! The first columns are decided one by one, by refinement. The last few are decided together: the
//! classes left become the contiguous block of a dense table over those columns, which the walk of
//! [`lattice`](crate::lattice) takes. How many columns the dense part gets is a matter of
//! predicted cost. Classes of a few atoms are [`settled`] as soon as they arise,
//! where only sums by size are wanted.

use super::Support;
use super::plan::Plan;
use super::refine::{Partition, Refiner};
use super::settled::{self, Agreement, Memo, Settled};
use crate::error::Result;
use crate::kernel::{Kernel, Terms};
use crate::lattice::Walk;
use crate::monitor::{CHECKED, Monitor};
use crate::parallel;
use crate::sum::Sum;

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
    let plan = Plan::checked(support, settled::MOST, monitor)?;
    let columns = support.varying();
    let mut sums = vec![Sum::ZERO; columns + 1];
    let parts = plan.run(pick, monitor, |_| BySize {
        sums: vec![Sum::ZERO; columns + 1],
        settled: Settled::new(columns),
    })?;
    for part in parts {
        for (sum, &piece) in sums.iter_mut().zip(&part.sums) {
            *sum = *sum + piece;
        }
        part.settled.add_to(&mut sums);
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
    let plan = Plan::checked(support, 1, monitor)?;
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
    /// What a set of atoms adds to all extensions of `mask` by some of `agree` columns.
    fn settled(&mut self, mask: u64, agree: usize, term: f64);
}

struct BySize {
    sums: Vec<Sum>,
    settled: Settled,
}

impl Collect for BySize {
    fn one(&mut self, mask: u64, _: usize, sum: f64) {
        self.sums[mask.count_ones() as usize].push(sum);
    }
    fn extensions(
        &mut self,
        mask: u64,
        _: usize,
        from: usize,
        columns: usize,
        sum: f64,
    ) -> Result<()> {
        self.settled(mask, columns - from, sum);
        Ok(())
    }
    fn settled(&mut self, mask: u64, agree: usize, term: f64) {
        self.settled.push(mask.count_ones() as usize, agree, term);
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
    fn settled(&mut self, _: u64, _: usize, _: f64) {
        unreachable!("every subset has an entry of its own");
    }
}

impl Plan<'_> {
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
        let agreement = self.agreement();
        let job = |task: usize| {
            let mut collector = collect(task);
            let mut descent = Descent::new(self, agreement.as_ref(), pick, monitor);
            let (mut here, mut alone) = (Partition::whole(self.support), 0.0);
            if here.is_empty() {
                alone = descent.term(self.support.weights[0]);
            }
            let mut there = Partition::default();
            for k in (0..self.task_columns).filter(|k| task >> k & 1 == 1) {
                descent.refine(k, &here, &mut there);
                std::mem::swap(&mut here, &mut there);
            }
            let (first, mask) = (self.task_columns, task as u64);
            descent.settle(first, mask, &mut here, &mut collector);
            alone += descent.freed();
            descent.decide(first, mask, &here, alone, &mut collector)?;
            monitor.advance(1)?;
            Ok(collector)
        };
        parallel::map(tasks, job)
    }
}

/// One task's way down the lattice.
struct Descent<'a> {
    plan: &'a Plan<'a>,
    agreement: Option<&'a Agreement>,
    walk: Walk<'a>,
    monitor: &'a Monitor,
    memo: Memo,
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
    fn new(
        plan: &'a Plan<'a>,
        agreement: Option<&'a Agreement>,
        pick: fn(&Kernel) -> &Terms,
        monitor: &'a Monitor,
    ) -> Self {
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
            agreement,
            walk: Walk::new(pick, monitor),
            monitor,
            memo: Memo::new(),
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

    /// Splits `from` by the `k`-th column of the order, noting which atoms are now alone.
    fn refine(&mut self, k: usize, from: &Partition, into: &mut Partition) {
        let support = self.plan.support;
        let column = &support.columns[self.plan.order[k]];
        let freed = &mut self.freed;
        self.refiner.refine(column, from, into, |atom| {
            freed.push(support.weights[atom as usize]);
        });
    }

    /// Settles the small classes of the partition of `mask`, whose extensions are by columns `k` and
    /// later, noting their atoms as if each were alone.
    fn settle<C: Collect>(
        &mut self,
        k: usize,
        mask: u64,
        partition: &mut Partition,
        collector: &mut C,
    ) {
        let Some(agreement) = self.agreement else {
            return;
        };
        let (weights, walk) = (&self.plan.support.weights, &self.walk);
        let (freed, memo) = (&mut self.freed, &mut self.memo);
        partition.take_small(self.plan.most, |class| {
            freed.extend(class.iter().map(|&atom| weights[atom as usize]));
            let f = |weight| memo.get(weight, |weight| walk.sum(&[weight]));
            agreement.terms(class, weights, k, f, |term, agree| {
                collector.settled(mask, agree, term);
            });
        });
    }

    /// The sum of `f` over the atoms noted since it was last asked for.
    fn freed(&mut self) -> f64 {
        if self.freed.is_empty() {
            return 0.0;
        }
        let sum = self.walk.sum(&self.freed);
        self.freed.clear();
        sum
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
        self.monitor.check()?;
        self.decide(k + 1, mask, partition, alone, collector)?;
        let mut finer = std::mem::take(&mut self.partitions[k]);
        let kept = mask | 1 << k;
        self.refine(k, partition, &mut finer);
        self.settle(k + 1, kept, &mut finer, collector);
        let alone = alone + self.freed();
        self.decide(k + 1, kept, &finer, alone, collector)?;
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
