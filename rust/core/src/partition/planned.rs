//! The best ordered partition of every length.
//!
//! With `G_k(B)` the least sum of `H(X_i | X_{A_{t-1}})` over the chains of `k` steps from nothing to
//! `B` (the divergence plus `H(X_B)`),
//!
//! ```text
//! G_k(B) = min over A < B of G_{k-1}(A) + sum_{i in B \ A} H(X_i | X_A).
//! ```
//!
//! A pair `(A, B)` serves every `k` at once: the row of `A`, moved by one step and raised by a number,
//! lowers the row of `B` ([`Kernel::relax`](crate::kernel::Kernel)). A set of `a` tokens has no chain
//! of more than `a` steps, so that most rows are one register long. The sums over `B \ A` of one `A`
//! are a table, filled by doubling.
//!
//! Subsets are cut into their high and their low tokens. All rows with the same high tokens are a
//! block, and a pair of blocks has `3^low` pairs of rows, all in the cache. Blocks with equally many
//! high tokens do not depend on each other and are filled in parallel; a minimum does not depend on
//! the order, and so neither do the bits. Chains are found again at the end from the rows alone.

use super::SubsetEntropies;
use crate::error::{Error, Result};
use crate::kernel::{self, ROW};
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::{CHECKED, Monitor};
use crate::parallel;
use crate::subset::{self, tokens};

/// Low tokens of a subset: two blocks of rows fill a second-level cache.
const LOW: usize = 9;

/// Most steps that are planned for, and so most registers of a row.
const MAX_ROWS: usize = 32 / ROW;

/// The least divergence of each number of steps, and how it is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// In nats, for 1, 2, .. steps.
    pub kl: Vec<f64>,
    /// The blocks of each, as masks.
    pub partitions: Vec<Vec<usize>>,
}

/// Predicted operations for `n` tokens and so many steps: registers lowered.
pub fn operations(n: usize, steps: usize) -> f64 {
    3f64.powi(n as i32) * steps.min(n / 3 + 1).div_ceil(ROW) as f64
}

/// Refuses what does not fit: a row of the steps, and an entropy, for each of the `2^n` subsets.
pub fn require(n: usize, steps: usize) -> Result<()> {
    let operations = operations(n, steps);
    let row = (8 * ROW * steps.min(n).div_ceil(ROW)) as f64;
    let bytes = 2f64.powi(n as i32) * (row + 8.0);
    require_memory("planning over all subsets", bytes, operations)?;
    require_work("planning over all subsets", operations, MAX_TERMS)
}

/// The best ordered partitions into exactly 1, 2, .., `steps` blocks (at most `n`), from the entropies
/// of all subsets.
///
/// # Errors
/// If the rows do not fit in memory, or the work is out of reach.
pub fn planned(entropies: SubsetEntropies<'_>, steps: usize, monitor: &Monitor) -> Result<Planned> {
    let n = entropies.n;
    if steps == 0 {
        return Err(Error::invalid("steps", "is 0, expected at least 1"));
    }
    let steps = steps.min(n);
    require(n, steps)?;
    let rows = Rows::fill(entropies, steps, monitor)?;
    let partitions = parallel::map(steps, |k| rows.chain(k + 1, monitor))?;
    let kl = partitions.iter().map(|blocks| entropies.kl(blocks));
    Ok(Planned {
        kl: kl.collect(),
        partitions,
    })
}

/// `G_1, G_2, ..` of every subset.
struct Rows<'a> {
    entropies: SubsetEntropies<'a>,
    low: usize,
    /// Length of a row: the steps, filled up to whole registers.
    width: usize,
    /// The rows of the subsets with the same high tokens, by the low ones.
    blocks: Vec<Vec<f64>>,
}

impl<'a> Rows<'a> {
    fn fill(entropies: SubsetEntropies<'a>, steps: usize, monitor: &Monitor) -> Result<Self> {
        // Some blocks for each of several threads, where there is work to share.
        let low = entropies.n.saturating_sub(5).clamp(1, LOW);
        let high = entropies.n - low;
        let mut rows = Self {
            entropies,
            low,
            width: steps.div_ceil(ROW) * ROW,
            blocks: vec![Vec::new(); 1 << high],
        };
        monitor.expect(3u64.pow(high as u32));
        for size in 0..=high as u32 {
            let layer: Vec<usize> = (0..1 << high)
                .filter(|block: &usize| block.count_ones() == size)
                .collect();
            let filled = parallel::map(layer.len(), |task| rows.block(layer[task], monitor))?;
            for (block, filled) in layer.into_iter().zip(filled) {
                rows.blocks[block] = filled;
            }
        }
        Ok(rows)
    }

    /// The rows of a block, from those of all blocks within it.
    fn block(&self, block: usize, monitor: &Monitor) -> Result<Vec<f64>> {
        let mut rows = vec![f64::INFINITY; self.width << self.low];
        let mut sums = Vec::with_capacity(1 << self.low);
        for source in subset::proper(block) {
            for a in 0..1 << self.low {
                self.sums(source, block, a, &mut sums);
                let row = self.shifted(&self.blocks[source], source, a);
                self.relax(&row, source, a, &sums, 0, &mut rows);
            }
            monitor.advance(1)?;
        }
        for a in 0..1 << self.low {
            self.sums(block, block, a, &mut sums);
            let row = self.shifted(&rows, block, a);
            self.relax(&row, block, a, &sums, 1, &mut rows);
        }
        monitor.advance(1)?;
        Ok(rows)
    }

    /// `sum_{i in B \ A} H(X_i | X_A)` for the subset `(source, a)` and all `(block, b)` around it, by
    /// the tokens of `b` outside `a`.
    fn sums(&self, source: usize, block: usize, a: usize, sums: &mut Vec<f64>) {
        let subset = source << self.low | a;
        sums.clear();
        sums.push(self.entropies.gains(subset, (block & !source) << self.low));
        for i in tokens(!a & ((1 << self.low) - 1)) {
            let gain = self.entropies.gain(subset, i);
            for k in 0..sums.len() {
                sums.push(sums[k] + gain);
            }
        }
    }

    /// `G_0, G_1, ..` of a subset of its block.
    fn shifted(&self, rows: &[f64], block: usize, a: usize) -> [[f64; ROW]; MAX_ROWS] {
        let mut row = [[f64::INFINITY; ROW]; MAX_ROWS];
        if block == 0 && a == 0 {
            row[0][0] = 0.0;
        } else {
            let steps = &rows[a * self.width..][..self.width];
            row.as_flattened_mut()[1..self.width].copy_from_slice(&steps[..self.width - 1]);
        }
        row
    }

    /// Lowers the rows of all `(block, b)` around `(source, a)`, but for the first `skip`.
    fn relax(
        &self,
        row: &[[f64; ROW]],
        source: usize,
        a: usize,
        sums: &[f64],
        skip: usize,
        rows: &mut [f64],
    ) {
        // No chain to A has more steps than A tokens.
        let steps = (source.count_ones() + a.count_ones()) as usize + 1;
        let row = &row[..steps.min(self.width).div_ceil(ROW)];
        let first = if skip == 0 { a } else { (a + 1) | a };
        (kernel::kernel().relax)(row, &sums[skip..], first, a, self.width, rows);
    }

    /// Row of a subset.
    fn row(&self, subset: usize) -> &[f64] {
        let (block, a) = (subset >> self.low, subset & ((1 << self.low) - 1));
        &self.blocks[block][a * self.width..][..self.width]
    }

    /// The blocks of a best chain of `steps` steps to everything; of several, the one whose last
    /// subsets have the smallest masks.
    fn chain(&self, steps: usize, monitor: &Monitor) -> Result<Vec<usize>> {
        let mut blocks = Vec::with_capacity(steps);
        let mut b = self.entropies.everything();
        for k in (1..steps).rev() {
            let mut best = (f64::INFINITY, 0);
            for (visited, a) in subset::proper(b).skip(1).enumerate() {
                if visited.is_multiple_of(CHECKED) {
                    monitor.check()?;
                }
                let value = self.row(a)[k - 1] + self.entropies.gains(a, b & !a);
                if value < best.0 {
                    best = (value, a);
                }
            }
            blocks.push(b & !best.1);
            b = best.1;
        }
        blocks.push(b);
        blocks.reverse();
        Ok(blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::partition as reference;
    use crate::reference::table::{entropy, some_table};
    use proptest::prelude::*;

    fn some_entropies(shape: &[usize], seed: u64) -> Vec<f64> {
        let table = some_table(shape.iter().product(), seed);
        (0..1 << shape.len())
            .map(|subset| entropy(&table, shape, subset))
            .collect()
    }

    fn plan(entropies: &[f64], steps: usize) -> Planned {
        let entropies = SubsetEntropies::new(entropies).unwrap();
        planned(entropies, steps, &Monitor::new()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_ordered_partition_is_better(
            shape in proptest::collection::vec(1usize..4, 1..7),
            seed in any::<u64>(),
        ) {
            let entropies = some_entropies(&shape, seed);
            let n = shape.len();
            let got = plan(&entropies, n);
            for k in 1..=n {
                let blocks = &got.partitions[k - 1];
                prop_assert_eq!(blocks.len(), k);
                prop_assert_eq!(blocks.iter().sum::<usize>(), (1 << n) - 1);
                prop_assert_eq!(blocks.iter().fold(0, |known, block| known | block), (1 << n) - 1);
                let kl = reference::kl(&entropies, blocks);
                let least = reference::least(&entropies, k);
                prop_assert!((got.kl[k - 1] - kl).abs() < 1e-13);
                prop_assert!((kl - least).abs() < 1e-13, "{} steps: {} not {}", k, kl, least);
            }
            let fewer = plan(&entropies, 2);
            prop_assert_eq!(&fewer.kl[..], &got.kl[..n.min(2)]);
        }
    }

    /// Several blocks and rows of more than one register, against the recurrence as it stands.
    #[test]
    fn many_tokens() {
        let entropies = some_entropies(&[2, 1, 2, 3, 2, 2, 1, 2, 2, 2, 2], 5);
        let got = plan(&entropies, 11);
        let want = reference::frontier(&entropies);
        for (got, want) in got.kl.iter().zip(&want) {
            assert!((got - want).abs() < 1e-13, "{got} {want}");
        }
        assert_eq!(got.kl[10], 0.0);
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        let entropies = some_entropies(&[2; 10], 8);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| plan(&entropies, 10))
        };
        let one = run(1);
        assert_eq!(one, run(2));
        assert_eq!(one, run(5));
    }

    #[test]
    fn refuses() {
        let values = vec![0.0; 4];
        let entropies = SubsetEntropies::new(&values).unwrap();
        assert!(planned(entropies, 0, &Monitor::new()).is_err());
        assert!(SubsetEntropies::new(&values[..3]).is_err());
        assert!(SubsetEntropies::new(&values[..1]).is_err());
        assert!(SubsetEntropies::new(&[0.0, f64::NAN]).is_err());
        let monitor = Monitor::new();
        monitor.cancel();
        assert_eq!(planned(entropies, 2, &monitor), Err(Error::Interrupted));
    }
}
