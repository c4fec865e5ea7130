//! Codes over any field.

use super::basis::{Basis, Split};
use super::field::Field;

/// A code over any field.
pub(super) struct Rows<'a> {
    field: &'a Field,
    columns: usize,
    rows: Vec<Vec<u64>>,
}

impl<'a> Rows<'a> {
    pub fn of_generator(generator: &[u64], n: usize, field: &'a Field) -> Self {
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
