//! Sets of a few samples by the number of columns on which they agree.

use super::MOST;
use super::choose;
use super::rows::Rows;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::parallel;

/// Rows that one task starts with.
const ROWS_PER_TASK: usize = 8;

/// Numbers of sets of `k` samples, `k <= most`, that agree on exactly `s` columns: `[k][s]`.
pub(super) fn agreeing(rows: &Rows, most: usize, monitor: &Monitor) -> Result<Vec<Vec<i128>>> {
    let nothing = || vec![vec![0; rows.columns + 1]; most + 1];
    let tasks = rows.len().div_ceil(ROWS_PER_TASK);
    monitor.expect(tasks as u64);
    let parts = parallel::map(tasks, |task| {
        let mut sets = Sets {
            rows,
            most,
            found: nothing(),
            monitor,
        };
        for a in (task * ROWS_PER_TASK..rows.len()).take(ROWS_PER_TASK) {
            sets.extend(a, a, 1, rows.everywhere(), &sets.ways(a))?;
        }
        monitor.advance(1)?;
        Ok(sets.found)
    })?;
    let mut all = nothing();
    for part in parts {
        for (sum, more) in all.iter_mut().flatten().zip(part.into_iter().flatten()) {
            *sum += more;
        }
    }
    Ok(all)
}

/// Ways to choose `k` samples so that each row of a set is among them.
type Ways = [i128; MOST + 1];

struct Sets<'a> {
    rows: &'a Rows,
    most: usize,
    found: Vec<Vec<i128>>,
    monitor: &'a Monitor,
}

impl Sets<'_> {
    /// Of a single row.
    fn ways(&self, row: usize) -> Ways {
        let count = self.rows.counts[row];
        std::array::from_fn(|k| {
            if (1..=self.most).contains(&k) {
                choose(count, k)
            } else {
                0
            }
        })
    }

    /// All sets that consist of `size` rows, of which `first` is the first and `last` the last, which
    /// agree on `mask`, and of later rows.
    fn extend(
        &mut self,
        first: usize,
        last: usize,
        size: usize,
        mask: u64,
        ways: &Ways,
    ) -> Result<()> {
        self.monitor.check()?;
        let agree = mask.count_ones() as usize;
        for (found, ways) in self.found.iter_mut().zip(ways) {
            found[agree] += ways;
        }
        if size == self.most {
            return Ok(());
        }
        if size + 1 == self.most {
            // One sample of each row: all that is left.
            let found = &mut self.found[self.most];
            for row in last + 1..self.rows.len() {
                let agree = (mask & !self.rows.differ(first, row)).count_ones() as usize;
                found[agree] += ways[size] * i128::from(self.rows.counts[row]);
            }
            return Ok(());
        }
        for row in last + 1..self.rows.len() {
            let mask = mask & !self.rows.differ(first, row);
            let mut more = Ways::default();
            for (j, b) in self.ways(row).into_iter().enumerate() {
                for k in j..=self.most {
                    more[k] += ways[k - j] * b;
                }
            }
            self.extend(first, row, size + 1, mask, &more)?;
        }
        Ok(())
    }
}
