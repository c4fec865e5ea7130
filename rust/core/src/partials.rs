//! Partial sequences `(A, x_A)`, numbered, and the marginals of a table at all of them.
//!
//! A number in mixed radix has a digit for each token, the first one outermost: 0 while it is masked,
//! and `1 + c` where it shows letter `c`. There are `prod (1 + q_i)` numbers. To reveal a token is to
//! add to the number, whatever else is revealed.

use rayon::prelude::*;

use crate::error::Result;
use crate::kernel::kernel;
use crate::monitor::Monitor;

/// Entries that are not worth a task of their own.
const TASK: usize = 1 << 14;

/// How the partial sequences over some alphabets are numbered.
#[derive(Debug, Clone)]
pub(crate) struct Partials {
    /// Number of letters of each token.
    pub shape: Vec<usize>,
    /// What the first letter of each token adds to a number; the next letter adds as much again.
    pub strides: Vec<usize>,
    /// How many partial sequences there are.
    pub count: usize,
}

impl Partials {
    pub fn new(shape: &[usize]) -> Self {
        let mut strides = vec![1; shape.len()];
        let mut count = 1;
        for (stride, q) in strides.iter_mut().zip(shape).rev() {
            *stride = count;
            count *= 1 + q;
        }
        Self {
            shape: shape.to_vec(),
            strides,
            count,
        }
    }

    /// [`count`](Self::count), where it may be too large to count.
    pub fn predicted(shape: &[usize]) -> f64 {
        shape.iter().map(|&q| 1.0 + q as f64).product()
    }

    /// Digit of a token: 0, or one more than its letter.
    pub fn digit(&self, number: usize, token: usize) -> usize {
        number / self.strides[token] % (1 + self.shape[token])
    }

    /// Numbers of the complete sequences, in C order.
    pub fn complete(&self) -> Vec<usize> {
        let mut numbers = vec![0];
        for (&q, &stride) in self.shape.iter().zip(&self.strides) {
            numbers = numbers
                .iter()
                .flat_map(|&number| (1..=q).map(move |digit| number + digit * stride))
                .collect();
        }
        numbers
    }

    /// Numbers, ascending, of the sequences with so many revealed tokens that `wanted` accepts; and which
    /// tokens these are.
    pub fn of_size(&self, size: usize, wanted: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        self.descend(0, size, (0, 0), &mut |(number, shown)| {
            if wanted(number) {
                found.push((number, shown));
            }
        });
        found
    }

    fn descend(
        &self,
        token: usize,
        left: usize,
        (number, shown): (usize, usize),
        visit: &mut impl FnMut((usize, usize)),
    ) {
        if left == 0 {
            visit((number, shown));
        } else if token + left <= self.shape.len() {
            self.descend(token + 1, left, (number, shown), visit);
            for digit in 1..=self.shape[token] {
                let further = (number + digit * self.strides[token], shown | 1 << token);
                self.descend(token + 1, left - 1, further, visit);
            }
        }
    }

    /// Probability that a sequence from `table` continues each partial one. `count` additions, about.
    pub fn marginals(&self, table: &[f64], monitor: &Monitor) -> Result<Vec<f64>> {
        let sum_out = kernel().sum_out;
        let mut cells = table.to_vec();
        for (&q, &inner) in self.shape.iter().zip(&self.strides).rev() {
            monitor.check()?;
            let mut sums = vec![0.0; cells.len() / q * (1 + q)];
            let rows = sums.par_chunks_exact_mut(inner * (1 + q));
            rows.zip(cells.par_chunks_exact(inner * q))
                .with_min_len((TASK / inner).max(1))
                .for_each(|(row, letters)| {
                    sum_out(letters, q, inner, &mut row[..inner]);
                    row[inner..].copy_from_slice(letters);
                });
            cells = sums;
        }
        Ok(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::table::{marginal, some_table};

    #[test]
    fn numbers_and_marginals_by_definition() {
        for shape in [vec![2, 3, 1, 2], vec![4], vec![2; 7]] {
            let n = shape.len();
            let table = some_table(shape.iter().product(), 5);
            let partials = Partials::new(&shape);
            assert_eq!(Partials::predicted(&shape), partials.count as f64);
            let got = partials.marginals(&table, &Monitor::new()).unwrap();
            assert_eq!(got.len(), partials.count);
            let complete: Vec<f64> = partials.complete().into_iter().map(|k| got[k]).collect();
            assert_eq!(complete, table);
            let mut sizes = vec![Vec::new(); n + 1];
            for (number, got) in got.iter().enumerate() {
                let digits: Vec<usize> = (0..n).map(|i| partials.digit(number, i)).collect();
                let shown = (0..n).filter(|&i| digits[i] > 0);
                let subset = shown.clone().fold(0, |subset, i| subset | 1 << i);
                let cell = shown.fold(0, |cell, i| cell * shape[i] + digits[i] - 1);
                let want = marginal(&table, &shape, subset)[cell];
                assert!((got - want).abs() < 1e-15);
                sizes[subset.count_ones() as usize].push((number, subset as usize));
            }
            for (size, want) in sizes.into_iter().enumerate() {
                assert_eq!(partials.of_size(size, |_| true), want);
            }
        }
    }
}
