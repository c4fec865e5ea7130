//! Small classes, settled in closed form.
//!
//! Refinement treats each class by itself, so that the sum over all extensions of a subset is a sum
//! over its classes. A set `B` of atoms stays together under the extensions by columns in which all
//! of `B` agree, `C(agree(B), j)` of them of size `j`. With the Möbius inverse `g` of `f`,
//! `sum_{A in B} g(A) = f(weight of B)`, the classes that a class `K` is split into contribute
//!
//! ```text
//! sum over extensions T of size j of sum over classes of f  =  sum_{B in K, B not empty} g(B) C(agree(B), j)
//! ```
//!
//! which takes `2^|K|` terms, however many columns are left.

use super::Support;
use crate::sum::{Sum, binomials};

/// Atoms of the largest class that is settled: more have too many subsets.
pub(super) const MOST: usize = 4;

/// Values of `f` that are kept.
const MEMO: usize = 256;

/// An odd number whose multiples look random in their leading bits (Fibonacci hashing).
const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Subsets of the atoms of the largest class.
const SUBSETS: usize = 1 << MOST;

/// Where two atoms agree.
#[derive(Debug)]
pub(super) struct Agreement {
    columns: usize,
    /// Bits that a letter takes.
    planes: usize,
    /// For each atom and each bit of the letters, that bit in every column, in order.
    bits: Vec<u64>,
}

impl Agreement {
    /// Bit `k` stands for the column `order[k]`.
    pub(super) fn new(support: &Support, order: &[usize]) -> Self {
        let letters = support.columns.iter().map(|column| column.letters).max();
        let planes = letters.map_or(0, |q| (q - 1).ilog2() as usize + 1);
        let mut bits = vec![0; planes * support.atoms()];
        for (k, &column) in order.iter().enumerate() {
            for (atom, &code) in support.columns[column].codes.iter().enumerate() {
                for (plane, word) in bits[atom * planes..][..planes].iter_mut().enumerate() {
                    *word |= u64::from(code >> plane & 1) << k;
                }
            }
        }
        Self {
            columns: order.len(),
            planes,
            bits,
        }
    }

    /// The columns in which two atoms have the same letter, as a mask.
    fn of(&self, a: u32, b: u32) -> u64 {
        let words = |atom: u32| &self.bits[atom as usize * self.planes..][..self.planes];
        let differ = words(a).iter().zip(words(b)).map(|(x, y)| x ^ y);
        !differ.fold(0, |all, one| all | one)
    }

    /// `(g(B), agree(B))` for every set `B` of two atoms or more of a class, with the agreement
    /// among the columns `from` and later.
    pub(super) fn terms(
        &self,
        class: &[u32],
        weights: &[f64],
        from: usize,
        mut f: impl FnMut(f64) -> f64,
        mut collect: impl FnMut(f64, usize),
    ) {
        // All columns, or none, may be left.
        let open = |k: usize| u64::MAX.checked_shl(k as u32).unwrap_or(0);
        let open = open(from) & !open(self.columns);
        let weight = |atom: u32| weights[atom as usize];
        if let &[a, b] = class {
            // Most classes: as below.
            let together = f(weight(a) + weight(b)) - f(weight(a)) - f(weight(b));
            return collect(together, (open & self.of(a, b)).count_ones() as usize);
        }
        let mut weight_of = [0.0; SUBSETS];
        let mut inverse = [0.0; SUBSETS];
        let mut agree = [open; SUBSETS];
        for set in 1..1usize << class.len() {
            let first = class[set.trailing_zeros() as usize];
            let rest = set & (set - 1);
            weight_of[set] = weight(first) + weight_of[rest];
            inverse[set] = f(weight_of[set]);
            if rest != 0 {
                let second = class[rest.trailing_zeros() as usize];
                agree[set] = agree[rest] & self.of(first, second);
            }
        }
        for atom in 0..class.len() {
            for set in (0..1usize << class.len()).filter(|set| set >> atom & 1 == 1) {
                inverse[set] -= inverse[set ^ 1 << atom];
            }
        }
        for set in (1..1usize << class.len()).filter(|set: &usize| !set.is_power_of_two()) {
            collect(inverse[set], agree[set].count_ones() as usize);
        }
    }
}

/// Values of a function that is asked about few arguments again and again.
#[derive(Debug)]
pub(super) struct Memo {
    known: [(f64, f64); MEMO],
}

impl Memo {
    /// Of a function `f` with `f(0) = 0`.
    pub(super) fn new() -> Self {
        Self {
            known: [(0.0, 0.0); MEMO],
        }
    }

    /// `f(x)`, from memory where it is there.
    #[inline]
    pub(super) fn get(&mut self, x: f64, f: impl FnOnce(f64) -> f64) -> f64 {
        let place = x.to_bits().wrapping_mul(SCATTER) >> (u64::BITS - MEMO.ilog2());
        let entry = &mut self.known[place as usize];
        if entry.0 != x {
            *entry = (x, f(x));
        }
        entry.1
    }
}

/// Sums of `g` by the size of the subset at which a class was settled, and by agreement.
#[derive(Debug)]
pub(super) struct Settled {
    columns: usize,
    sums: Vec<Sum>,
}

impl Settled {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            sums: vec![Sum::ZERO; (columns + 1) * (columns + 1)],
        }
    }

    pub(super) fn push(&mut self, size: usize, agree: usize, term: f64) {
        self.sums[size * (self.columns + 1) + agree].push(term);
    }

    /// Adds what was settled to the sums by size of the subset.
    pub(super) fn add_to(&self, sums: &mut [Sum]) {
        for (size, row) in self.sums.chunks_exact(self.columns + 1).enumerate() {
            for (agree, &sum) in row.iter().enumerate().filter(|(_, sum)| **sum != Sum::ZERO) {
                for (entry, &ways) in sums[size..].iter_mut().zip(binomials(agree)) {
                    *entry = *entry + sum * ways;
                }
            }
        }
    }
}
