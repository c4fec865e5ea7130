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

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::limits::{MAX_TERMS, require_work};
use crate::monitor::Monitor;

/// Most columns: `n C(n, n / 2)` must fit in 128 bits.
pub const MAX_COLUMNS: usize = 120;

/// Columns that a word of bits holds.
const WORD: usize = 64;

/// Largest number of columns whose totals are looked up: a basis is a number of 49 bits, and
/// there are few enough of them that every task can fill a table of its own.
const REMEMBERED: usize = 7;

/// Tasks that the top of the tree is cut into.
const TASKS: u64 = 64;

/// Operations below which a single task does it all: waking workers takes longer.
const ALONE: f64 = (1u64 << 15) as f64;

/// Operations of a branching over two letters, apart from those for each row.
const BRANCHING: f64 = 64.0;

/// A finite field whose elements are the numbers `0..q`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    q: u64,
    /// Powers of a primitive element and their logarithms, where `q` is a power of two. Elements
    /// are polynomials over two letters, so that sums are exclusive ors.
    tables: Option<(Vec<u64>, Vec<usize>)>,
}

impl Field {
    /// The integers modulo a prime below `2^31`; primality is up to the caller.
    pub fn prime(q: u64) -> Result<Self> {
        if !(2..1 << 31).contains(&q) {
            return Err(Error::invalid("q", format!("is {q}, expected 2..2^31")));
        }
        Ok(Self { q, tables: None })
    }

    /// The field of `2^m` elements, given by the `2^m - 1` powers of a primitive element.
    pub fn binary(powers: &[u64]) -> Result<Self> {
        let q = powers.len() as u64 + 1;
        let mut logarithms = vec![usize::MAX; q as usize];
        for (exponent, &power) in powers.iter().enumerate() {
            if power == 0 || power >= q || logarithms[power as usize] != usize::MAX {
                let problem = format!("power {exponent} is {power}, expected all of 1..{q}, once");
                return Err(Error::invalid("powers", problem));
            }
            logarithms[power as usize] = exponent;
        }
        if !q.is_power_of_two() {
            return Err(Error::invalid("powers", "expected 2^m - 1 of them"));
        }
        let tables = Some((powers.to_vec(), logarithms));
        Ok(Self { q, tables })
    }

    fn product(&self, a: u64, b: u64) -> u64 {
        match &self.tables {
            None => a * b % self.q,
            Some(_) if a == 0 || b == 0 => 0,
            Some((powers, logarithms)) => {
                powers[(logarithms[a as usize] + logarithms[b as usize]) % powers.len()]
            }
        }
    }

    fn difference(&self, a: u64, b: u64) -> u64 {
        match self.tables {
            None => (a + self.q - b) % self.q,
            Some(_) => a ^ b,
        }
    }

    /// `a^(q-2)`.
    fn inverse(&self, a: u64) -> u64 {
        let (mut base, mut exponent, mut inverse) = (a, self.q - 2, 1);
        while exponent > 0 {
            if exponent & 1 == 1 {
                inverse = self.product(inverse, base);
            }
            base = self.product(base, base);
            exponent >>= 1;
        }
        inverse
    }
}

/// What is left of a code once its first column is decided.
enum Split<B> {
    /// The column is zero: dropping and keeping it come to the same, and the rank is the same.
    Zero(B),
    /// No other column depends on it: dropping and keeping it leave the same code.
    Free(B),
    /// Dropped, kept.
    Both(B, B),
}

/// A code, by its basis in reduced row echelon form.
trait Basis: Sized + Send {
    fn rank(&self) -> usize;
    fn columns(&self) -> usize;
    fn split(&self) -> Split<Self>;
    /// A number that tells codes on the same few columns apart, if there is one.
    fn key(&self) -> Option<u64>;
}

/// A code over two letters: bit `c` of a row is its entry in column `c`.
#[derive(Clone, Copy)]
struct Bits {
    columns: usize,
    rank: usize,
    rows: [u64; WORD],
}

impl Bits {
    fn empty(columns: usize) -> Self {
        Self {
            columns,
            rank: 0,
            rows: [0; WORD],
        }
    }

    fn push(&mut self, row: u64) {
        self.rows[self.rank] = row;
        self.rank += 1;
    }

    fn of_generator(generator: &[u64], n: usize) -> Self {
        let mut basis = Self::empty(n);
        for row in generator.chunks(n) {
            let bits = row.iter().enumerate().fold(0, |r, (c, &x)| r | x << c);
            basis.insert(bits);
        }
        basis
    }

    /// Adds a word to the code.
    fn insert(&mut self, mut word: u64) {
        for &row in &self.rows[..self.rank] {
            if word >> row.trailing_zeros() & 1 == 1 {
                word ^= row;
            }
        }
        if word != 0 {
            self.insert_reduced(word);
        }
    }

    /// Adds a word that has zeros at the pivots of all rows.
    #[inline]
    fn insert_reduced(&mut self, word: u64) {
        let pivot = word.trailing_zeros();
        let mut place = 0;
        while place < self.rank && self.rows[place].trailing_zeros() < pivot {
            self.rows[place] ^= word & (self.rows[place] >> pivot & 1).wrapping_neg();
            place += 1;
        }
        self.rows.copy_within(place..self.rank, place + 1);
        self.rows[place] = word;
        self.rank += 1;
    }
}

impl Basis for Bits {
    fn rank(&self) -> usize {
        self.rank
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn split(&self) -> Split<Self> {
        let rows = &self.rows[..self.rank];
        let mut kept = Self::empty(self.columns - 1);
        if rows[0] & 1 == 0 {
            rows.iter().for_each(|row| kept.push(row >> 1));
            return Split::Zero(kept);
        }
        rows[1..].iter().for_each(|row| kept.push(row >> 1));
        let rest = rows[0] >> 1;
        if rest == 0 {
            return Split::Free(kept);
        }
        let mut dropped = kept;
        dropped.insert_reduced(rest);
        Split::Both(dropped, kept)
    }

    fn key(&self) -> Option<u64> {
        (self.columns <= REMEMBERED).then(|| {
            let rows = self.rows[..self.rank].iter();
            rows.fold(self.columns as u64, |key, row| key << REMEMBERED | row)
        })
    }
}

/// A code over any field.
struct Rows<'a> {
    field: &'a Field,
    columns: usize,
    rows: Vec<Vec<u64>>,
}

impl<'a> Rows<'a> {
    fn of_generator(generator: &[u64], n: usize, field: &'a Field) -> Self {
        let (columns, rows) = (n, Vec::new());
        let mut basis = Self {
            field,
            columns,
            rows,
        };
        for row in generator.chunks(n) {
            let mut word = row.to_vec();
            for row in &basis.rows {
                let pivot = leading(row).expect("no row is zero");
                field.eliminate(&mut word, row, pivot);
            }
            basis.insert_reduced(word);
        }
        basis
    }

    /// Adds a word that has zeros at the pivots of all rows; nothing if it is zero.
    fn insert_reduced(&mut self, mut word: Vec<u64>) {
        let Some(pivot) = leading(&word) else {
            return;
        };
        let inverse = self.field.inverse(word[pivot]);
        for x in &mut word {
            *x = self.field.product(*x, inverse);
        }
        for row in &mut self.rows {
            self.field.eliminate(row, &word, pivot);
        }
        let place = self.rows.partition_point(|row| leading(row) < Some(pivot));
        self.rows.insert(place, word);
    }
}

/// Place of the first entry that is not zero.
fn leading(row: &[u64]) -> Option<usize> {
    row.iter().position(|&x| x != 0)
}

impl Field {
    /// Takes from `word` the multiple of `row` that leaves zero at `pivot`, where `row` has one.
    fn eliminate(&self, word: &mut [u64], row: &[u64], pivot: usize) {
        let factor = word[pivot];
        if factor != 0 {
            for (x, &y) in word.iter_mut().zip(row).skip(pivot) {
                *x = self.difference(*x, self.product(factor, y));
            }
        }
    }
}

impl Basis for Rows<'_> {
    fn rank(&self) -> usize {
        self.rows.len()
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn split(&self) -> Split<Self> {
        let without = |rows: &[Vec<u64>]| Self {
            field: self.field,
            columns: self.columns - 1,
            rows: rows.iter().map(|row| row[1..].to_vec()).collect(),
        };
        if self.rows[0][0] == 0 {
            return Split::Zero(without(&self.rows));
        }
        let kept = without(&self.rows[1..]);
        let rest = self.rows[0][1..].to_vec();
        if leading(&rest).is_none() {
            return Split::Free(kept);
        }
        let mut dropped = without(&self.rows[1..]);
        dropped.insert_reduced(rest);
        Split::Both(dropped, kept)
    }

    fn key(&self) -> Option<u64> {
        None
    }
}

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
        walk(Bits::of_generator(generator, n), field.q, monitor)
    } else {
        walk(Rows::of_generator(generator, n, field), field.q, monitor)
    }
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

fn walk<B: Basis>(basis: B, q: u64, monitor: &Monitor) -> Result<Vec<u128>> {
    let operations = predicted_operations(basis.columns(), basis.rank(), q);
    require_work("the ranks of all sets of columns", operations, MAX_TERMS)?;
    let tasks = if operations < ALONE { 1 } else { TASKS };
    monitor.expect(tasks);
    let walk = Walk {
        binomials: pascal(basis.columns()),
        monitor,
    };
    walk.spread(basis, tasks)
}

/// Rows `0..=n` of Pascal's triangle.
fn pascal(n: usize) -> Vec<Vec<u128>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::code as reference;
    use proptest::prelude::*;

    /// The field of eight elements: `x^3 + x + 1` is primitive.
    fn eight() -> Field {
        Field::binary(&[1, 2, 4, 3, 6, 7, 5]).unwrap()
    }

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
        assert!(Field::prime(1).is_err());
        assert!(Field::binary(&[1, 2, 2]).is_err());
        assert!(Field::binary(&[1, 2]).is_err());
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

        #[test]
        fn inverses_are_inverses(a in 1u64..8, b in 1u64..101) {
            let (eight, prime) = (eight(), Field::prime(101).unwrap());
            prop_assert_eq!(eight.product(a, eight.inverse(a)), 1);
            prop_assert_eq!(prime.product(b, prime.inverse(b)), 1);
        }
    }
}
