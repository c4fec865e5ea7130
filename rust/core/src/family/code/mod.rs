//! Linear codes: `H(X_S) = rank(G_S) ln q` for the generator `G`, so that the curve is the mean rank
//! of `j` random columns.
//!
//! Columns are decided one after another, depth first. What the columns already decided leave behind
//! is again a code on the others: *dropping* a column punctures the code, *keeping* it shortens the
//! code and adds one to the rank (deletion and contraction of the matroid of the columns). With
//! `F(C)_j` the sum of ranks over the subsets of size `j` of the `m` columns of `C`,
//!
//! ```text
//! F(C)_j = F(dropped)_j + F(kept)_{j-1} + C(m-1, j-1)
//! ```
//!
//! and both codes are the same where the column is zero (then the last term is missing) or where no
//! other column depends on it. A code without words (the rank cannot grow) and a code of all words
//! (every column is independent) are counted by binomials. A branch ends after `k` columns kept
//! or `n - k` dropped, which leaves fewer than `C(n, k)` branchings of the `2^n`.
//!
//! A basis in reduced row echelon form is unique. Over two letters rows are bits of a word, a basis
//! of a few columns is a single number, and there are few of them (29,212 codes on seven
//! columns): the last columns are looked up. All totals are integers, hence exact.

mod basis;
mod bits;
mod field;
mod rows;
mod walk;

use self::basis::Basis;
use self::bits::{Bits, REMEMBERED, WORD};
pub use self::field::Field;
use self::rows::Rows;
use self::walk::walk;
use crate::error::{Error, Result};
use crate::limits::{MAX_TERMS, require_work};
use crate::monitor::Monitor;

/// Most columns: `n C(n, n / 2)` must fit in 128 bits.
pub const MAX_COLUMNS: usize = 120;

/// Operations of a branching over two letters, apart from those for each row.
const BRANCHING: f64 = 64.0;

/// Sum of the ranks of `j` columns of a generator over all subsets of size `j`, `j = 0..=n`.
///
/// The generator is given row by row, with entries below the size of the field and rows in any
/// number. Fewer than `C(n, k)` branchings for rank `k`, of `O(k)` over two letters and `O(k n)`
/// over others.
///
/// # Errors
/// If an entry is not in the field, there are too many columns, it is predicted to take too long,
/// or when interrupted.
pub fn rank_totals(
    generator: &[u64],
    n: usize,
    field: &Field,
    monitor: &Monitor,
) -> Result<Vec<u128>> {
    if !(1..=MAX_COLUMNS).contains(&n) || !generator.len().is_multiple_of(n) {
        let problem = format!("has {n} columns, expected 1..={MAX_COLUMNS} for exact ranks");
        return Err(Error::invalid("generator", problem));
    }
    if let Some(&entry) = generator.iter().find(|&&x| x >= field.q) {
        let problem = format!("holds {entry}, expected entries below q = {}", field.q);
        return Err(Error::invalid("generator", problem));
    }
    if packed(n, field.q) {
        totals(Bits::of_generator(generator, n), field.q, monitor)
    } else {
        totals(Rows::of_generator(generator, n, field), field.q, monitor)
    }
}

fn totals<B: Basis>(basis: B, q: u64, monitor: &Monitor) -> Result<Vec<u128>> {
    let operations = predicted_operations(basis.columns(), basis.rank(), q);
    require_work("the ranks of all sets of columns", operations, MAX_TERMS)?;
    walk(basis, operations, monitor)
}

/// Whether rows are bits of a word.
fn packed(n: usize, q: u64) -> bool {
    q == 2 && n <= WORD
}

/// An upper bound on the operations of [`rank_totals`] for a generator of rank `k` at most.
pub fn predicted_operations(n: usize, k: usize, q: u64) -> f64 {
    if packed(n, q) {
        BRANCHING * branchings(n, k.min(n), REMEMBERED)
    } else {
        (BRANCHING + 4.0 * (k * n) as f64) * branchings(n, k.min(n), 0)
    }
}

/// Pairs of a number kept below `k` and a number dropped below `n - k`, with more than `last`
/// columns left, each counted once for every order.
fn branchings(n: usize, k: usize, last: usize) -> f64 {
    let mut total = 0.0;
    for kept in 0..k {
        let mut orders = 1.0;
        for dropped in 0..n - k {
            if kept + dropped + last > n {
                break;
            }
            total += orders;
            orders *= (kept + dropped + 1) as f64 / (dropped + 1) as f64;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::field::tests::eight;
    use super::walk::pascal;
    use super::*;
    use crate::reference::code as reference;
    use proptest::prelude::*;

    fn some_generator(rows: usize, n: usize, q: u64, seed: u64) -> Vec<u64> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) % q
        };
        (0..rows * n).map(|_| next()).collect()
    }

    #[test]
    fn repetition_parity_and_no_code() {
        let field = Field::prime(2).unwrap();
        let ranks = |g: &[u64], n| rank_totals(g, n, &field, &Monitor::new()).unwrap();
        assert_eq!(ranks(&[1, 1, 1], 3), [0, 3, 3, 1]);
        assert_eq!(ranks(&[1, 0, 1, 0, 1, 1], 3), [0, 3, 6, 2]);
        assert_eq!(ranks(&[0, 0], 2), [0, 0, 0]);
        assert_eq!(ranks(&[], 2), [0, 0, 0]);
    }

    #[test]
    fn long_codes_of_low_rank_are_within_reach() {
        let field = Field::prime(2).unwrap();
        let totals = rank_totals(&[1; 120], 120, &field, &Monitor::new()).unwrap();
        assert_eq!(totals[1..], pascal(120)[120][1..]);
        let generator = some_generator(40, 110, 2, 1);
        let refused = rank_totals(&generator, 110, &field, &Monitor::new());
        assert!(matches!(refused, Err(Error::Work { .. })));
    }

    #[test]
    fn refuses_what_is_no_code() {
        let field = Field::prime(3).unwrap();
        let ranks = |g: &[u64], n| rank_totals(g, n, &field, &Monitor::new());
        assert!(ranks(&[3, 1], 2).is_err());
        assert!(ranks(&[1; 121], 121).is_err());
    }

    #[test]
    fn stops_when_asked() {
        let field = Field::prime(2).unwrap();
        let monitor = Monitor::new();
        monitor.cancel();
        let stopped = rank_totals(&some_generator(10, 20, 2, 3), 20, &field, &monitor);
        assert_eq!(stopped, Err(Error::Interrupted));
    }

    proptest! {
        #[test]
        fn agrees_with_elimination_for_every_subset(
            n in 1usize..11,
            rows in 0usize..8,
            which in 0usize..5,
            seed in any::<u64>(),
        ) {
            let fields = [2, 3, 5, 101].map(|q| Field::prime(q).unwrap());
            let eight = eight();
            let field = fields.get(which).unwrap_or(&eight);
            let generator = some_generator(rows, n, field.q, seed);
            let monitor = Monitor::new();
            let totals = rank_totals(&generator, n, field, &monitor).unwrap();
            let rank = |subset: u64| reference::rank(
                &generator, n, subset, field.q,
                |a, b| field.product(a, b), |a, b| field.difference(a, b),
            );
            let mut want = vec![0u128; n + 1];
            for subset in 0u64..1 << n {
                want[subset.count_ones() as usize] += rank(subset) as u128;
            }
            prop_assert_eq!(totals, want);
            prop_assert_eq!(monitor.fraction(), 1.0);
        }
    }
}
