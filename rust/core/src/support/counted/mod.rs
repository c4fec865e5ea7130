//! Classes of a few samples, counted instead of visited.
//!
//! Let `N_c(j)` be the number of classes of `c` samples in the partitions by all subsets of `j`
//! columns, and `M_k(j)` the number of pairs of such a subset and `k` samples that agree on it. Then
//!
//! ```text
//! sum_c C(c, k) N_c(j) = M_k(j) = sum over sets T of k samples of C(|A_T|, j)
//! ```
//!
//! where `T` agrees on the columns `A_T` and no others. The right side takes `O(N^k)` for `N` samples,
//! whatever the number of columns ([`tuples`]). So if all classes of more than `K` samples are counted
//! by a walk ([`clusters`]), then these equations give `N_K, .., N_1`, one after the other, in whole
//! numbers. Where samples have little in common nearly all classes are of one, two or three, and it is
//! these that make walks long.
//!
//! A sum of `f` over the marginals of size `j` is `sum_c f(c) N_c(j)`.

mod clusters;
mod plan;
mod rows;
#[cfg(test)]
mod tests;
mod tuples;

use std::collections::BTreeMap;

use super::Support;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::sum::Sum;
use rows::Rows;

/// Largest `K`.
const MOST: usize = 6;

/// Most sets of `K` samples: times a binomial of up to 64 columns they stay far within 128 bits.
const MAX_SETS: i128 = 1 << 64;

/// Largest `K` for so many samples; 0 if a double does not count them.
fn largest(samples: f64) -> usize {
    if samples >= 2f64.powi(53) {
        return 0;
    }
    let fits = |&most: &usize| choose(samples as u64, most) <= MAX_SETS;
    (1..=MOST).take_while(fits).last().unwrap_or(0)
}

/// How the classes of all subsets are counted.
pub struct Counted {
    rows: Rows,
    /// `K`.
    most: usize,
    /// Predicted cost in terms of a table walk.
    pub operations: f64,
}

impl Counted {
    /// The cheapest `K`, if the weights are counts and not too large.
    ///
    /// # Errors
    /// When interrupted.
    pub fn plan(support: &Support, monitor: &Monitor) -> Result<Option<Self>> {
        let largest = largest(support.total());
        let varying = (1..=super::MAX_COORDINATES).contains(&support.varying());
        if largest == 0 || !varying || support.require_counts().is_err() {
            return Ok(None);
        }
        let rows = Rows::new(support);
        let costs = plan::operations(&rows, monitor)?;
        let cheapest = (1..=largest).min_by(|&a, &b| costs[a].total_cmp(&costs[b]));
        let most = cheapest.expect("there are some");
        Ok(Some(Self {
            rows,
            most,
            operations: costs[most],
        }))
    }

    /// Sums of `f` over all marginals of a size, as [`sums_by_size`](super::sums_by_size) has them;
    /// `f` gets the number of samples of a class.
    ///
    /// # Errors
    /// When interrupted.
    pub fn sums_by_size(&self, f: impl Fn(f64) -> f64, monitor: &Monitor) -> Result<Vec<Sum>> {
        let classes = classes(&self.rows, self.most, monitor)?;
        let sum = |classes: BTreeMap<u64, i128>| {
            let terms = classes.into_iter();
            terms
                .map(|(c, times)| Sum::from(f(c as f64)) * exact(times))
                .sum()
        };
        Ok(classes.into_iter().map(sum).collect())
    }
}

/// `N_c(j)` for every size `j`.
fn classes(rows: &Rows, most: usize, monitor: &Monitor) -> Result<Vec<BTreeMap<u64, i128>>> {
    let n = rows.columns;
    let agreeing = tuples::agreeing(rows, most, monitor)?;
    let mut classes = vec![BTreeMap::new(); n + 1];
    for ((kept, free, count), times) in clusters::count(rows, most, monitor)? {
        for (class, ways) in classes[kept..].iter_mut().zip(choices(free)) {
            *class.entry(count).or_default() += i128::from(times) * ways;
        }
    }
    for (size, classes) in classes.iter_mut().enumerate() {
        for k in (1..=most).rev() {
            let agree: i128 = (size..=n)
                .map(|s| agreeing[k][s] * choices(s).nth(size).expect("size <= s"))
                .sum();
            let larger: i128 = classes
                .iter()
                .map(|(&c, &times)| choose(c, k) * times)
                .sum();
            classes.insert(k as u64, agree - larger);
        }
        classes.retain(|_, times| *times != 0);
    }
    Ok(classes)
}

/// `C(n, k)`.
fn choose(n: u64, k: usize) -> i128 {
    (0..k as u64).fold(1, |ways, i| {
        if i >= n {
            0
        } else {
            ways * i128::from(n - i) / i128::from(i + 1)
        }
    })
}

/// `C(n, 0), .., C(n, n)`.
fn choices(n: usize) -> impl Iterator<Item = i128> {
    let next = move |(k, ways): &(usize, i128)| {
        (*k < n).then(|| (k + 1, ways * (n - k) as i128 / (k + 1) as i128))
    };
    std::iter::successors(Some((0, 1)), next).map(|(_, ways)| ways)
}

/// A whole number as a sum.
fn exact(number: i128) -> Sum {
    let high = number as f64;
    let mut sum = Sum::from(high);
    sum.push((number - high as i128) as f64);
    sum
}
