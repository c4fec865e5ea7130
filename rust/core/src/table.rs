//! Dense joint tables: validation, and the entropies that need no lattice.
//!
//! `H(X)`, the `n` single marginals and the `n` marginals that leave one coordinate out are enough
//! for `TC = sum_i H(X_i) - H(X)` and `DTC = sum_i H(X_rest(i)) - (n - 1) H(X)`. That is about
//! `sum_i |table| / q_i` terms, taken tile by tile: a group of neighbouring coordinates is brought
//! into the cache once and each of its coordinates is summed out there.

use crate::error::{Error, Result};
use crate::kernel::{droppable, kernel};
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::Sum;

/// Cells of a tile: with two more of its size beside it, it fits in a second-level cache.
const TILE: usize = 1 << 15;

/// Shortest contiguous run worth gathering into a tile.
const RUN: usize = 32;

/// Tiles handled by one task, so that partial results stay few.
const TILES_PER_TASK: usize = 64;

/// Checks that every cell is a finite non-negative number and returns their sum.
///
/// # Errors
/// Names the first bad cell.
pub fn total(cells: &[f64]) -> Result<f64> {
    // Finite non-negative doubles are exactly those with bits in this range, and -0.0.
    let bad = |x: &f64| !(x.is_finite() && *x >= 0.0);
    if let Some(index) = cells.iter().position(bad) {
        return Err(Error::invalid(
            "pmf",
            format!(
                "cell {index} (in C order) is {}, expected a finite probability >= 0",
                cells[index]
            ),
        ));
    }
    Ok((kernel().mass)(cells).value())
}

/// The entropies of a table that need no lattice, in nats.
#[derive(Debug, Clone)]
pub struct Entropies {
    /// `H(X)`.
    pub joint: Sum,
    /// `H(X_i)`.
    pub single: Vec<Sum>,
    /// `H(X_1 .. X_n without X_i)`.
    pub leave_one_out: Vec<Sum>,
}

impl Entropies {
    /// Of the normalised `table` with alphabet sizes `shape`.
    ///
    /// `O(n |table|)` additions and `sum_i |table| / q_i` logarithms.
    pub fn new(table: &[f64], shape: &[usize], monitor: &Monitor) -> Result<Self> {
        let groups = Group::all(shape);
        for group in &groups {
            monitor.expect(group.tasks() as u64);
        }
        let mut entropies = Self {
            joint: Sum::ZERO,
            single: vec![Sum::ZERO; shape.len()],
            leave_one_out: vec![Sum::ZERO; shape.len()],
        };
        for group in &groups {
            let partial = parallel::map(group.tasks(), |task| {
                monitor.advance(1)?;
                Ok(group.run(table, task))
            })?;
            for (k, &q) in group.shape.iter().enumerate() {
                let axis = group.first + k;
                let mut letters = vec![Sum::ZERO; q];
                for part in &partial {
                    let dropped = &mut entropies.leave_one_out[axis];
                    *dropped = *dropped - part[k].leave_one_out;
                    for (letter, &mass) in letters.iter_mut().zip(&part[k].letters) {
                        *letter = *letter + mass;
                    }
                }
                let masses: Vec<f64> = letters.into_iter().map(Sum::value).collect();
                entropies.single[axis] = -(kernel().x_ln_x.sum)(&masses);
            }
        }
        entropies.joint = joint(table, monitor)?;
        Ok(entropies)
    }
}

/// `H(X)` of a normalised table.
pub fn joint(table: &[f64], monitor: &Monitor) -> Result<Sum> {
    let cells = TILE * TILES_PER_TASK;
    let pieces = parallel::map(table.len().div_ceil(cells), |task| {
        monitor.check()?;
        let rest = &table[task * cells..];
        Ok((kernel().x_ln_x.sum)(&rest[..rest.len().min(cells)]))
    })?;
    Ok(-pieces.into_iter().sum::<Sum>())
}

/// What a task finds out about one coordinate.
struct Axis {
    /// Sum of `x ln x` over the cells that remain when the coordinate is summed out.
    leave_one_out: Sum,
    /// Mass of each letter.
    letters: Vec<Sum>,
}

/// Neighbouring coordinates that are brought into the cache together: the table is read as
/// `(outer, shape.., inner)` and a tile is `(shape.., run)` with `run` out of `inner`.
struct Group<'a> {
    shape: &'a [usize],
    first: usize,
    cells: usize,
    outer: usize,
    inner: usize,
    run: usize,
}

impl<'a> Group<'a> {
    /// Cuts the coordinates into groups, innermost first.
    fn all(shape: &'a [usize]) -> Vec<Self> {
        let mut groups = Vec::new();
        let mut end = shape.len();
        let mut inner = 1;
        while end > 0 {
            let run = inner.min(RUN);
            let (mut first, mut cells) = (end - 1, shape[end - 1]);
            while first > 0 && cells * shape[first - 1] * run <= TILE {
                first -= 1;
                cells *= shape[first];
            }
            groups.push(Self {
                shape: &shape[first..end],
                first,
                cells,
                outer: shape[..first].iter().product(),
                inner,
                run,
            });
            inner *= cells;
            end = first;
        }
        groups
    }

    fn runs(&self) -> usize {
        self.inner.div_ceil(self.run)
    }

    fn tiles(&self) -> usize {
        self.outer * self.runs()
    }

    fn tasks(&self) -> usize {
        self.tiles().div_ceil(TILES_PER_TASK)
    }

    fn run(&self, table: &[f64], task: usize) -> Vec<Axis> {
        let letters = self.shape.iter().map(|&q| vec![Sum::ZERO; q]);
        let mut axes: Vec<Axis> = letters
            .map(|letters| Axis {
                leave_one_out: Sum::ZERO,
                letters,
            })
            .collect();
        let mut gathered = Vec::with_capacity(self.cells * self.run);
        let mut scratch = vec![0.0; self.cells * self.run];
        let mut total = vec![0.0; self.cells * self.run];
        for t in task * TILES_PER_TASK..self.tiles().min((task + 1) * TILES_PER_TASK) {
            let (outer, start) = (t / self.runs(), t % self.runs() * self.run);
            let run = self.run.min(self.inner - start);
            let part = &table[outer * self.cells * self.inner..][..self.cells * self.inner];
            let tile = if run == self.inner {
                part
            } else {
                gathered.clear();
                for row in part.chunks_exact(self.inner) {
                    gathered.extend_from_slice(&row[start..start + run]);
                }
                &gathered
            };
            self.leave_one_out(tile, run, &mut scratch, &mut axes);
            // The last run of a row may be shorter than the others; rows stay apart all the same.
            let row = if run == self.run { tile.len() } else { run };
            let rows = total
                .chunks_exact_mut(row.max(self.run))
                .zip(tile.chunks_exact(row));
            for (sum, row) in rows {
                for (sum, x) in sum.iter_mut().zip(row) {
                    *sum += x;
                }
            }
        }
        self.letters(&total, &mut scratch, &mut axes);
        axes
    }

    /// Sums out each coordinate of a tile.
    fn leave_one_out(&self, tile: &[f64], run: usize, scratch: &mut [f64], axes: &mut [Axis]) {
        let kernel = kernel();
        let mut decided = 0;
        while decided < self.shape.len() {
            let rest = &self.shape[decided..];
            let cells = rest.iter().product::<usize>() * run;
            // As many coordinates together as one leaf takes.
            let together = (1..=rest.len().min(3)).rev().find(|&count| {
                let fused: usize = rest[..count].iter().product();
                droppable(&rest[..count], cells / fused)
            });
            let axes = &mut axes[decided..];
            if let Some(count) = together {
                let block = cells / rest[..count].iter().product::<usize>();
                let mut sums = [0.0; 3];
                for part in tile.chunks_exact(cells) {
                    (kernel.x_ln_x.drop_each)(part, &rest[..count], block, &mut sums[..count]);
                }
                for (axis, sum) in axes.iter_mut().zip(&sums[..count]) {
                    axis.leave_one_out.push(*sum);
                }
                decided += count;
            } else {
                let dropped = &mut scratch[..tile.len() / rest[0]];
                (kernel.sum_out)(tile, rest[0], cells / rest[0], dropped);
                axes[0].leave_one_out = axes[0].leave_one_out + (kernel.x_ln_x.sum)(dropped);
                decided += 1;
            }
        }
    }

    /// Reads off the marginal of the leading coordinate, sums it out, goes on with the rest.
    fn letters(&self, total: &[f64], scratch: &mut [f64], axes: &mut [Axis]) {
        let kernel = kernel();
        let (mut rest, mut space) = (total, scratch);
        for (&q, axis) in self.shape.iter().zip(axes) {
            let cells = rest.len() / q;
            for (letter, slice) in axis.letters.iter_mut().zip(rest.chunks_exact(cells)) {
                *letter = *letter + (kernel.mass)(slice);
            }
            if q > 1 {
                let (next, spare) = space.split_at_mut(cells);
                (kernel.sum_out)(rest, q, cells, next);
                (rest, space) = (next, spare);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::table as reference;
    use proptest::prelude::*;

    #[test]
    fn total_names_the_bad_cell() {
        assert_eq!(total(&[0.5, 0.25, 0.25]), Ok(1.0));
        assert_eq!(total(&[-0.0, 1.0]), Ok(1.0));
        for bad in [-0.1, f64::NAN, f64::INFINITY] {
            let Err(Error::Invalid { argument, problem }) = total(&[0.5, bad]) else {
                panic!("{bad} was accepted");
            };
            assert!(argument == "pmf" && problem.starts_with("cell 1 "));
        }
    }

    #[test]
    fn large_tables_go_through_every_kind_of_group() {
        for shape in [
            vec![2; 18],
            vec![3, 1, 40, 2, 5, 1, 7, 6],
            vec![20_000, 3],
            vec![3, 20_000],
        ] {
            let cells = shape.iter().product();
            let table = reference::some_table(cells, 7);
            let got = Entropies::new(&table, &shape, &Monitor::new()).unwrap();
            let all = (1u64 << shape.len()) - 1;
            for i in 0..shape.len() {
                let single = reference::entropy(&table, &shape, 1 << i);
                let others = reference::entropy(&table, &shape, all ^ 1 << i);
                assert!((got.single[i].value() - single).abs() < 1e-12);
                assert!((got.leave_one_out[i].value() - others).abs() < 1e-12);
            }
            assert!((got.joint.value() - reference::entropy(&table, &shape, all)).abs() < 1e-12);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(
            shape in proptest::collection::vec(1usize..5, 1..6),
            seed in any::<u64>(),
        ) {
            let table = reference::some_table(shape.iter().product(), seed);
            let got = Entropies::new(&table, &shape, &Monitor::new()).unwrap();
            let all = (1u64 << shape.len()) - 1;
            prop_assert!((got.joint.value() - reference::entropy(&table, &shape, all)).abs() < 1e-13);
            for i in 0..shape.len() {
                let single = reference::entropy(&table, &shape, 1 << i);
                let others = reference::entropy(&table, &shape, all ^ 1 << i);
                prop_assert!((got.single[i].value() - single).abs() < 1e-13);
                prop_assert!((got.leave_one_out[i].value() - others).abs() < 1e-13);
            }
        }
    }
}
