//! Samples as words of bits.

use super::super::Support;
use super::super::plan::by_collision;

/// Distinct rows and how often each occurs; columns that split most come first.
pub(super) struct Rows {
    pub(super) columns: usize,
    pub(super) counts: Vec<u64>,
    /// Row after row.
    letters: Vec<u16>,
    /// Bit `x` of word `p` of a row is bit `p` of its letter in column `x`.
    words: Vec<u64>,
    planes: usize,
}

impl Rows {
    pub(super) fn new(support: &Support) -> Self {
        let columns = support.varying();
        let order = by_collision(support);
        let largest = support.shape().into_iter().max().unwrap_or(1) - 1;
        let planes = (usize::BITS - largest.leading_zeros()).max(1) as usize;
        let mut letters = Vec::with_capacity(support.atoms() * columns);
        let mut words = Vec::with_capacity(support.atoms() * planes);
        for atom in 0..support.atoms() {
            let row = order.iter().map(|&x| support.columns[x].codes[atom]);
            letters.extend(row.clone());
            words.extend((0..planes).map(|p| {
                let bits = row.clone().enumerate();
                bits.fold(0u64, |word, (x, letter)| {
                    word | u64::from(letter >> p & 1) << x
                })
            }));
        }
        Self {
            columns,
            counts: support.weights().iter().map(|&w| w as u64).collect(),
            letters,
            words,
            planes,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Words that a comparison of two rows takes.
    pub(super) fn planes(&self) -> usize {
        self.planes
    }

    /// The mask of all columns.
    pub(super) fn everywhere(&self) -> u64 {
        u64::MAX >> (64 - self.columns)
    }

    #[inline(always)]
    pub(super) fn letter(&self, row: u32, column: usize) -> u16 {
        self.letters[row as usize * self.columns + column]
    }

    /// The columns in which two rows differ.
    #[inline(always)]
    pub(super) fn differ(&self, a: usize, b: usize) -> u64 {
        let word = |row: usize| &self.words[row * self.planes..][..self.planes];
        let pairs = word(a).iter().zip(word(b));
        pairs.fold(0, |mask, (x, y)| mask | (x ^ y))
    }
}
