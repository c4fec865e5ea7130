//! The marginals of a table that states of a sampler refer to.

use crate::error::Result;
use crate::kernel::{Kernel, kernel};
use crate::monitor::Monitor;

/// Cells of a table that is not worth a task of its own.
const TASK: usize = 1 << 12;

/// Marginals by subset, each in C order over its tokens; those that were not asked for are empty.
pub struct Marginals {
    shape: Vec<usize>,
    tables: Vec<Vec<f64>>,
}

impl Marginals {
    /// The marginals of `table` on the subsets whose sizes are `wanted`. `prod (1 + q_i)` additions.
    pub fn new(table: &[f64], shape: &[usize], wanted: &[bool], monitor: &Monitor) -> Result<Self> {
        let walk = Walk {
            kernel: kernel(),
            wanted,
            monitor,
        };
        let mut tables = vec![Vec::new(); 1 << shape.len()];
        for (subset, table) in walk.descend(table, shape, 1, 0)? {
            tables[subset] = table;
        }
        Ok(Self {
            shape: shape.to_vec(),
            tables,
        })
    }

    /// Alphabet sizes of all tokens.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Marginal on a subset of a size that was asked for.
    pub fn table(&self, subset: usize) -> &[f64] {
        &self.tables[subset]
    }

    /// Number of values of a subset of the tokens.
    pub fn cells(&self, subset: usize) -> usize {
        let tokens = self.shape.iter().enumerate();
        let kept = tokens.filter(|(i, _)| subset >> i & 1 == 1);
        kept.map(|(_, q)| q).product()
    }
}

/// Number of cells of all marginals on subsets of each size: elementary symmetric polynomials.
pub fn cells_by_size(shape: &[usize]) -> Vec<f64> {
    let mut cells = vec![1.0];
    for &q in shape {
        cells.push(0.0);
        for j in (1..cells.len()).rev() {
            cells[j] += cells[j - 1] * q as f64;
        }
    }
    cells
}

struct Walk<'a> {
    kernel: &'static Kernel,
    wanted: &'a [bool],
    monitor: &'a Monitor,
}

type Tables = Vec<(usize, Vec<f64>)>;

impl Walk<'_> {
    /// Decides the innermost undecided token of `src`, whose cells are those of the undecided tokens
    /// beside `block` cells of the tokens that are kept.
    fn descend(&self, src: &[f64], shape: &[usize], block: usize, kept: usize) -> Result<Tables> {
        let Some((&q, rest)) = shape.split_last() else {
            let size = kept.count_ones() as usize;
            let wanted = self.wanted[size].then(|| (kept, src.to_vec()));
            return Ok(wanted.into_iter().collect());
        };
        self.monitor.check()?;
        let keep = || self.descend(src, rest, block * q, kept | 1 << rest.len());
        let drop = || {
            let mut sums = vec![0.0; src.len() / q];
            (self.kernel.sum_out)(src, q, block, &mut sums);
            self.descend(&sums, rest, block, kept)
        };
        let (first, second) = if src.len() > TASK {
            rayon::join(keep, drop)
        } else {
            (keep(), drop())
        };
        let mut tables = first?;
        tables.append(&mut second?);
        Ok(tables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::table as reference;

    #[test]
    fn marginals_by_definition() {
        for shape in [vec![2, 3, 1, 2], vec![3], vec![2; 13]] {
            let n = shape.len();
            let table = reference::some_table(shape.iter().product(), 3);
            let wanted: Vec<bool> = (0..=n).map(|size| size % 3 != 1).collect();
            let marginals = Marginals::new(&table, &shape, &wanted, &Monitor::new()).unwrap();
            let mut cells = vec![0.0; n + 1];
            for subset in 0..1usize << n {
                let got = marginals.table(subset);
                let size = subset.count_ones() as usize;
                cells[size] += marginals.cells(subset) as f64;
                if !wanted[size] {
                    assert!(got.is_empty());
                    continue;
                }
                let want = reference::marginal(&table, &shape, subset as u64);
                assert_eq!(got.len(), want.len());
                for (got, want) in got.iter().zip(&want) {
                    assert!((got - want).abs() < 1e-15);
                }
            }
            assert_eq!(cells_by_size(&shape), cells);
        }
    }
}
