//! Codes over two letters: rows are bits of a word.

use super::basis::{Basis, Split};

/// Columns that a word of bits holds.
pub(super) const WORD: usize = 64;

/// Largest number of columns whose totals are looked up: a basis is a number of 49 bits, and
/// there are few enough of them that every task can fill a table of its own.
pub(super) const REMEMBERED: usize = 7;

/// A code over two letters: bit `c` of a row is its entry in column `c`.
#[derive(Clone, Copy)]
pub(super) struct Bits {
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

    pub fn of_generator(generator: &[u64], n: usize) -> Self {
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
