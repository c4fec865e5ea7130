//! Depth-first walk of the subset lattice of a dense table.
//!
//! Wanted is, for every subset `S` of the coordinates, the sum of some `f` over the cells of the
//! marginal on `S` ([`Terms`]; `f = x ln x` gives `-H(X_S)`). A table is read as
//! `(q_1, .., q_r | block)`: undecided coordinates, outermost first, beside a contiguous block of
//! cells that are kept. The innermost undecided coordinate is decided next. *Keeping* it costs
//! nothing, it is only reinterpreted as part of the block; *summing it out* is one addition of
//! contiguous runs. The last coordinates are decided together ([`Terms::leaf`]): their additions
//! hide behind the logarithms. Every marginal cell is visited once: `prod (1 + q_i)` terms.
//!
//! What comes on top is the reading of runs that are summed out, about `q` cells for each that comes
//! out: in the second cache a cell takes a quarter of the time of a term, in memory almost all of it.
//! So binary tables cost little more than their terms, larger alphabets up to twice as much, and
//! tables of large alphabets in memory about three times: they have hardly more terms than cells,
//! and are read once for each coordinate that they are cut along.
//!
//! Large tables are first cut along the outermost coordinate: a slice `x_1 = a` serves the subsets
//! that keep it, the sum of all slices those that do not, until pieces fit in the second cache.
//! These pieces run in parallel. Their results are added in the order of the tree of cuts, which
//! depends on the table alone: the bits do not depend on the number of threads. A thread holds one
//! chain of summed tables at a time, for which `1/q + 1/q^2 + .. <= 1` table is enough.

use std::cell::RefCell;

use rayon::prelude::*;

use crate::error::Result;
use crate::kernel::{Kernel, LANES, MAX_FUSED, Terms, fusible, kernel};
use crate::monitor::{CHECKED, Monitor};
use crate::sum::Sum;

/// Cells of a piece that is walked without further cuts: it and its scratch space (as much again)
/// fill half of a common second-level cache.
const RESIDENT: usize = 1 << 15;

/// Cells of small slices that make one task: what it takes to hand them out is lost beside them.
const TASK: usize = 1 << 12;

/// Number of terms of a full walk: `prod (1 + q_i)` over the coordinates of more than one letter.
pub fn terms(shape: &[usize]) -> f64 {
    let varying = shape.iter().filter(|&&q| q > 1);
    varying.map(|&q| 1.0 + q as f64).product()
}

/// Number of pieces that a table of so many cells is cut into.
fn pieces(cells: usize, shape: &[usize]) -> u64 {
    match shape.split_first().filter(|_| cells > RESIDENT) {
        Some((_, [])) => cells.div_ceil(RESIDENT) as u64,
        Some((&q, rest)) => (q as u64 + 1) * pieces(cells / q, rest),
        None => 1,
    }
}

/// Sums of `f` over all marginals of a size: entry `j` adds up all `C(n, j)` subsets.
///
/// `O(prod (1 + q_i))` time; less than one table of memory for each thread.
pub fn sums_by_size(
    table: &[f64],
    shape: &[usize],
    pick: fn(&Kernel) -> &Terms,
    monitor: &Monitor,
) -> Result<Vec<Sum>> {
    Walk::new(pick, monitor).all::<BySize>(table, shape)
}

/// Sums of `f` over every marginal: entry `S` belongs to the subset with bit mask `S`.
///
/// Time as [`sums_by_size`]; the result takes `2^n` sums, and as much again while it is made.
pub fn sums_by_subset(
    table: &[f64],
    shape: &[usize],
    pick: fn(&Kernel) -> &Terms,
    monitor: &Monitor,
) -> Result<Vec<Sum>> {
    Walk::new(pick, monitor).all::<BySubset>(table, shape)
}

/// How the sums of the `2^n` subsets of `n` coordinates are collected.
trait Collect: Sync {
    /// Number of entries for `n` coordinates.
    fn entries(n: usize) -> usize;
    /// Entry of a subset.
    fn entry(subset: usize) -> usize;
    /// Entries after a further coordinate was put before number `k`, from those of the subsets that
    /// drop it and of those that keep it.
    fn insert(k: usize, dropped: &[Sum], kept: &[Sum], monitor: &Monitor) -> Result<Vec<Sum>>;
}

struct BySize;

impl Collect for BySize {
    fn entries(n: usize) -> usize {
        n + 1
    }
    fn entry(subset: usize) -> usize {
        subset.count_ones() as usize
    }
    fn insert(_: usize, dropped: &[Sum], kept: &[Sum], _: &Monitor) -> Result<Vec<Sum>> {
        let dropped = dropped.iter().copied().chain([Sum::ZERO]);
        let kept = [Sum::ZERO].into_iter().chain(kept.iter().copied());
        Ok(dropped.zip(kept).map(|(d, k)| d + k).collect())
    }
}

struct BySubset;

impl Collect for BySubset {
    fn entries(n: usize) -> usize {
        1 << n
    }
    fn entry(subset: usize) -> usize {
        subset
    }
    fn insert(k: usize, dropped: &[Sum], kept: &[Sum], monitor: &Monitor) -> Result<Vec<Sum>> {
        insert_bit(k, dropped, kept, monitor)
    }
}

/// Values by bit mask after bit `k` was put in, from those without it and those with it.
pub(crate) fn insert_bit<T: Copy>(
    k: usize,
    without: &[T],
    with: &[T],
    monitor: &Monitor,
) -> Result<Vec<T>> {
    let run = 1 << k;
    let mut all = Vec::with_capacity(2 * without.len());
    let part = run.max(CHECKED);
    for (without, with) in without.chunks(part).zip(with.chunks(part)) {
        monitor.check()?;
        if run == 1 {
            all.extend(without.iter().zip(with).flat_map(|(&a, &b)| [a, b]));
        } else {
            for (a, b) in without.chunks_exact(run).zip(with.chunks_exact(run)) {
                all.extend_from_slice(a);
                all.extend_from_slice(b);
            }
        }
    }
    Ok(all)
}

thread_local! {
    /// Room for the sums of one piece.
    static SCRATCH: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

/// What stays the same throughout a walk.
pub(crate) struct Walk<'a> {
    kernel: &'static Kernel,
    terms: &'static Terms,
    monitor: &'a Monitor,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(pick: fn(&Kernel) -> &Terms, monitor: &'a Monitor) -> Self {
        let kernel = kernel();
        Self {
            kernel,
            terms: pick(kernel),
            monitor,
        }
    }

    /// Sum of `f` over `cells`.
    pub(crate) fn sum(&self, cells: &[f64]) -> f64 {
        (self.terms.sum)(cells).value()
    }

    /// Walks the whole lattice. Coordinates of one letter change no marginal: they are left out of
    /// the walk and joined to its result.
    fn all<C: Collect>(&self, table: &[f64], shape: &[usize]) -> Result<Vec<Sum>> {
        match shape.iter().rposition(|&q| q == 1) {
            Some(k) => {
                let others: Vec<usize> = [&shape[..k], &shape[k + 1..]].concat();
                let sums = self.all::<C>(table, &others)?;
                C::insert(k, &sums, &sums, self.monitor)
            }
            None => {
                self.monitor.expect(pieces(table.len(), shape));
                self.cut::<C>(table, shape)
            }
        }
    }

    /// Cuts a large table along its leading coordinate, then descends.
    fn cut<C: Collect>(&self, src: &[f64], shape: &[usize]) -> Result<Vec<Sum>> {
        let Some((&q, rest)) = shape.split_first().filter(|_| src.len() > RESIDENT) else {
            return self.walk::<C>(src, src.len(), shape);
        };
        if rest.is_empty() {
            return self.last::<C>(src);
        }
        let cells = src.len() / q;
        let (dropped, kept) = rayon::join(
            || {
                let mut sum = vec![0.0; cells];
                (self.kernel.sum_out)(src, q, cells, &mut sum);
                self.cut::<C>(&sum, rest)
            },
            || {
                if cells > RESIDENT {
                    let slices = src.par_chunks_exact(cells);
                    slices
                        .map(|slice| self.cut::<C>(slice, rest))
                        .collect::<Result<Vec<_>>>()
                } else {
                    let tasks = src.par_chunks(cells * (TASK / cells).max(1));
                    tasks
                        .map(|slices| self.walk::<C>(slices, cells, rest))
                        .collect::<Result<Vec<_>>>()
                }
            },
        );
        let mut parts = kept?.into_iter();
        let mut kept = parts.next().expect("an alphabet has a letter");
        for part in parts {
            for (sum, piece) in kept.iter_mut().zip(part) {
                *sum = *sum + piece;
            }
        }
        C::insert(0, &dropped?, &kept, self.monitor)
    }

    /// Walks slices of so many cells each, which fit in the cache, and adds up their results.
    fn walk<C: Collect>(&self, src: &[f64], cells: usize, shape: &[usize]) -> Result<Vec<Sum>> {
        let mut sums = vec![Sum::ZERO; C::entries(shape.len())];
        SCRATCH.with_borrow_mut(|scratch| {
            if scratch.len() < cells + LANES {
                scratch.resize(cells + LANES, 0.0);
            }
            // From a boundary of cache lines on.
            let skipped = scratch.as_ptr().align_offset(LANES * size_of::<f64>());
            let scratch = &mut scratch[skipped.min(LANES)..];
            src.chunks_exact(cells).try_for_each(|slice| {
                self.descend(slice, shape, 1, scratch, 0, &mut |subset, sum| {
                    sums[C::entry(subset)].push(sum);
                })
            })
        })?;
        self.monitor.advance((src.len() / cells) as u64)?;
        Ok(sums)
    }

    /// The one coordinate that is left of a large table: its cells, and their total.
    fn last<C: Collect>(&self, src: &[f64]) -> Result<Vec<Sum>> {
        let parts = src.par_chunks(RESIDENT).map(|part| {
            let mut total = [0.0];
            (self.kernel.sum_out)(part, part.len(), 1, &mut total);
            self.monitor.advance(1)?;
            Ok((self.sum(part), total[0]))
        });
        let (mut cells, mut total) = (Sum::ZERO, Sum::ZERO);
        for (part, sum) in parts.collect::<Result<Vec<_>>>()? {
            cells.push(part);
            total.push(sum);
        }
        let mut dropped = Sum::ZERO;
        dropped.push(self.sum(&[total.value()]));
        C::insert(0, &[dropped], &[cells], self.monitor)
    }

    /// Decides the undecided coordinates `shape` of `src`, which stand beside `block` kept cells.
    ///
    /// `scratch` has room for as many cells as `src`; `kept` holds the coordinates decided before;
    /// `sink` gets every subset (bit `k` for `shape[k]`) with its sum.
    pub(crate) fn descend(
        &self,
        src: &[f64],
        shape: &[usize],
        block: usize,
        scratch: &mut [f64],
        kept: usize,
        sink: &mut impl FnMut(usize, f64),
    ) -> Result<()> {
        if fusible(shape, block) {
            self.monitor.check()?;
            let mut sums = [0.0; 1 << MAX_FUSED];
            let sums = &mut sums[..1 << shape.len()];
            (self.terms.leaf)(src, shape, block, sums);
            for (subset, &sum) in sums.iter().enumerate() {
                sink(kept | subset, sum);
            }
            return Ok(());
        }
        let (&q, rest) = shape.split_last().expect("an empty shape is a leaf");
        let bit = 1 << rest.len();
        self.descend(src, rest, block * q, scratch, kept | bit, sink)?;
        let (dropped, scratch) = scratch.split_at_mut(src.len() / q);
        (self.kernel.sum_out)(src, q, block, dropped);
        self.descend(dropped, rest, block, scratch, kept, sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::reference::table as reference;
    use proptest::prelude::*;

    fn check(shape: &[usize], seed: u64, tolerance: f64) {
        let n = shape.len();
        let table = reference::some_table(shape.iter().product(), seed);
        let monitor = Monitor::new();
        let by_subset = sums_by_subset(&table, shape, |k| &k.x_ln_x, &monitor).unwrap();
        let by_size = sums_by_size(&table, shape, |k| &k.x_ln_x, &monitor).unwrap();
        let mut want = vec![0.0; n + 1];
        for (subset, got) in (0u64..).zip(&by_subset) {
            let entropy = reference::entropy(&table, shape, subset);
            assert!(
                (got.value() + entropy).abs() < tolerance,
                "{shape:?}, subset {subset:b}"
            );
            want[subset.count_ones() as usize] += entropy;
        }
        for (got, want) in by_size.iter().zip(want) {
            assert!((got.value() + want).abs() < tolerance * (1 << n) as f64);
        }
        assert_eq!(monitor.fraction(), 1.0);
    }

    #[test]
    fn tables_that_are_cut_into_tasks() {
        for shape in [
            vec![2; 14],
            vec![4, 1, 3, 2, 2, 2, 5, 6, 7],
            vec![2, 2, 2, 70, 3, 40],
            vec![100, 200],
            vec![9000],
            vec![40_000],
            vec![2, 3, 33_000],
            vec![33_000, 3],
            vec![700, 60],
        ] {
            check(&shape, 3, 1e-12);
        }
    }

    #[test]
    fn alphabets_of_every_kind() {
        for shape in [
            vec![2; 9],
            vec![3; 7],
            vec![4; 5],
            vec![5; 5],
            vec![7; 4],
            vec![20; 3],
            vec![2, 3, 4, 5, 6],
            vec![9, 8, 7, 6],
            vec![2, 2, 2, 20, 8],
        ] {
            check(&shape, 5, 1e-12);
        }
    }

    #[test]
    fn supports_and_singletons_are_counted() {
        let shape = [3, 2, 4];
        let table: Vec<f64> = (0..24).map(|k| f64::from(k * 7 % 3)).collect();
        let monitor = Monitor::new();
        let positive = sums_by_subset(&table, &shape, |k| &k.positive, &monitor).unwrap();
        let single = sums_by_subset(&table, &shape, |k| &k.singleton, &monitor).unwrap();
        for subset in 0..8 {
            let cells = reference::marginal(&table, &shape, subset);
            let count = |f: fn(&&f64) -> bool| cells.iter().filter(f).count() as f64;
            assert_eq!(positive[subset as usize].value(), count(|x| **x > 0.0));
            assert_eq!(single[subset as usize].value(), count(|x| **x == 1.0));
        }
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        let shape = [2, 3, 2, 2, 5, 2, 2, 2, 4, 2, 2, 2];
        let table = reference::some_table(shape.iter().product(), 11);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| sums_by_size(&table, &shape, |k| &k.x_ln_x, &Monitor::new()).unwrap())
        };
        let one = run(1);
        for threads in [2, 3, 7] {
            assert_eq!(one, run(threads));
        }
    }

    #[test]
    fn stops_when_cancelled() {
        let monitor = Monitor::new();
        monitor.cancel();
        let table = vec![0.25; 4];
        let stopped = sums_by_size(&table, &[2, 2], |k| &k.x_ln_x, &monitor);
        assert_eq!(stopped, Err(Error::Interrupted));
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(
            shape in proptest::collection::vec(1usize..5, 1..7),
            seed in any::<u64>(),
        ) {
            check(&shape, seed, 1e-13);
        }
    }
}
