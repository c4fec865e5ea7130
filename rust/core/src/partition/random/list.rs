//! The divergences of all ordered partitions into blocks of given sizes.

use super::super::SubsetEntropies;
use super::{check, count};
use crate::error::Result;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::{CHECKED, Monitor};
use crate::subset;

/// Divergences of all [`count`] ordered partitions into blocks of these sizes, in nats, ascending.
///
/// # Errors
/// If the sizes do not fit, or the list is out of reach.
pub fn values(
    entropies: SubsetEntropies<'_>,
    sizes: &[usize],
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    check(entropies.n, sizes)?;
    let partitions = count(sizes);
    let operations = partitions * entropies.n as f64;
    require_work("all ordered partitions", operations, MAX_TERMS)?;
    require_memory("all ordered partitions", 16.0 * partitions, operations)?;
    monitor.expect(partitions as u64);
    let mut values = Vec::with_capacity(partitions as usize);
    let mut list = List {
        entropies,
        monitor,
        values: &mut values,
    };
    list.descend(0, sizes, 0.0)?;
    sorted(values, monitor)
}

/// The same values in ascending order: runs are sorted, then merged two by two.
fn sorted(mut values: Vec<f64>, monitor: &Monitor) -> Result<Vec<f64>> {
    for run in values.chunks_mut(CHECKED) {
        monitor.check()?;
        run.sort_unstable_by(f64::total_cmp);
    }
    let mut length = CHECKED;
    while length < values.len() {
        let mut merged = Vec::with_capacity(values.len());
        for pair in values.chunks(2 * length) {
            let (left, right) = pair.split_at(length.min(pair.len()));
            let (mut i, mut j) = (0, 0);
            while i + j < pair.len() {
                if (i + j).is_multiple_of(CHECKED) {
                    monitor.check()?;
                }
                if j == right.len() || (i < left.len() && left[i].total_cmp(&right[j]).is_le()) {
                    merged.push(left[i]);
                    i += 1;
                } else {
                    merged.push(right[j]);
                    j += 1;
                }
            }
        }
        values = merged;
        length *= 2;
    }
    Ok(values)
}

struct List<'a> {
    entropies: SubsetEntropies<'a>,
    monitor: &'a Monitor,
    values: &'a mut Vec<f64>,
}

impl List<'_> {
    /// All ways to go on from `known`, at a cost of `paid` so far.
    fn descend(&mut self, known: usize, sizes: &[usize], paid: f64) -> Result<()> {
        let Some((&size, rest)) = sizes.split_first() else {
            self.values.push(paid);
            return Ok(());
        };
        let left = self.entropies.everything() & !known;
        if rest.is_empty() {
            self.monitor.advance(1)?;
        }
        for block in subset::of_size(left, size) {
            let cost = self.entropies.cost(known, known | block);
            self.descend(known | block, rest, paid + cost)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_merged() {
        for count in [0, 1, CHECKED, CHECKED + 1, 5 * CHECKED + 7] {
            let values: Vec<f64> = (0..count).map(|k| (k * 7919 % 10_007) as f64).collect();
            let mut want = values.clone();
            want.sort_by(f64::total_cmp);
            assert!(sorted(values, &Monitor::new()).unwrap() == want);
        }
    }
}
