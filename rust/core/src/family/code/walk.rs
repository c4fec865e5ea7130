//! The walk: columns are decided depth first, in parallel near the root.

use std::collections::HashMap;

use super::basis::{Basis, Split};
use crate::error::Result;
use crate::monitor::Monitor;

/// Tasks that the top of the tree is cut into.
const TASKS: u64 = 64;

/// Operations below which a single task does it all: waking workers takes longer.
const ALONE: f64 = (1u64 << 15) as f64;

/// Sum of the ranks of a code by number of columns, a walk of so many `operations`.
pub(super) fn walk<B: Basis>(basis: B, operations: f64, monitor: &Monitor) -> Result<Vec<u128>> {
    let tasks = if operations < ALONE { 1 } else { TASKS };
    monitor.expect(tasks);
    let walk = Walk {
        binomials: pascal(basis.columns()),
        monitor,
    };
    walk.spread(basis, tasks)
}

/// Rows `0..=n` of Pascal's triangle.
pub(super) fn pascal(n: usize) -> Vec<Vec<u128>> {
    let mut rows = vec![vec![1]];
    for m in 0..n {
        let last: &Vec<u128> = &rows[m];
        let inner = last.windows(2).map(|pair| pair[0] + pair[1]);
        rows.push([1].into_iter().chain(inner).chain([1]).collect());
    }
    rows
}

/// What stays the same throughout a walk.
struct Walk<'a> {
    binomials: Vec<Vec<u128>>,
    monitor: &'a Monitor,
}

/// Totals of codes on few columns, by [`Basis::key`].
type Known = HashMap<u64, Vec<u128>>;

impl Walk<'_> {
    /// Totals of a code, in parallel; a share of `tasks` of the whole.
    fn spread<B: Basis>(&self, basis: B, tasks: u64) -> Result<Vec<u128>> {
        if tasks == 1 || self.settled(&basis).is_some() {
            let totals = self.totals(&basis, &mut Known::new())?;
            self.monitor.advance(tasks)?;
            return Ok(totals);
        }
        match basis.split() {
            Split::Zero(rest) => Ok(self.joined(self.spread(rest, tasks)?, None, false)),
            Split::Free(rest) => Ok(self.joined(self.spread(rest, tasks)?, None, true)),
            Split::Both(dropped, kept) => {
                let (dropped, kept) = rayon::join(
                    || self.spread(dropped, tasks / 2),
                    || self.spread(kept, tasks / 2),
                );
                Ok(self.joined(dropped?, Some(&kept?), true))
            }
        }
    }

    /// Totals of a code.
    fn totals<B: Basis>(&self, basis: &B, known: &mut Known) -> Result<Vec<u128>> {
        if let Some(totals) = self.settled(basis) {
            return Ok(totals);
        }
        let key = basis.key();
        if let Some(totals) = key.and_then(|key| known.get(&key)) {
            return Ok(totals.clone());
        }
        self.monitor.check()?;
        let totals = match basis.split() {
            Split::Zero(rest) => self.joined(self.totals(&rest, known)?, None, false),
            Split::Free(rest) => self.joined(self.totals(&rest, known)?, None, true),
            Split::Both(dropped, kept) => {
                let dropped = self.totals(&dropped, known)?;
                self.joined(dropped, Some(&self.totals(&kept, known)?), true)
            }
        };
        if let Some(key) = key {
            known.insert(key, totals.clone());
        }
        Ok(totals)
    }

    /// Totals of codes whose rank can no longer change, or is that of every set of columns.
    fn settled<B: Basis>(&self, basis: &B) -> Option<Vec<u128>> {
        let m = basis.columns();
        if basis.rank() == 0 {
            return Some(vec![0; m + 1]);
        }
        (basis.rank() == m).then(|| {
            let sizes = self.binomials[m].iter().enumerate();
            sizes.map(|(j, count)| j as u128 * count).collect()
        })
    }

    /// Totals with one more column, from those without it where it is dropped and where it is kept
    /// (the same if not given); `counts` if it adds to the rank.
    fn joined(&self, dropped: Vec<u128>, kept: Option<&[u128]>, counts: bool) -> Vec<u128> {
        let m = dropped.len();
        let mut totals = dropped.clone();
        totals.push(0);
        for (j, kept) in kept.unwrap_or(&dropped).iter().enumerate() {
            totals[j + 1] += kept;
            if counts {
                totals[j + 1] += self.binomials[m - 1][j];
            }
        }
        totals
    }
}
