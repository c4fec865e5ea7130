//! Finite fields.

use crate::error::{Error, Result};

/// A finite field whose elements are the numbers `0..q`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub(super) q: u64,
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

    pub(super) fn product(&self, a: u64, b: u64) -> u64 {
        match &self.tables {
            None => a * b % self.q,
            Some(_) if a == 0 || b == 0 => 0,
            Some((powers, logarithms)) => {
                powers[(logarithms[a as usize] + logarithms[b as usize]) % powers.len()]
            }
        }
    }

    pub(super) fn difference(&self, a: u64, b: u64) -> u64 {
        match self.tables {
            None => (a + self.q - b) % self.q,
            Some(_) => a ^ b,
        }
    }

    /// `a^(q-2)`.
    pub(super) fn inverse(&self, a: u64) -> u64 {
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

    /// Takes from `word` the multiple of `row` that leaves zero at `pivot`, where `row` has one.
    pub(super) fn eliminate(&self, word: &mut [u64], row: &[u64], pivot: usize) {
        let factor = word[pivot];
        if factor != 0 {
            for (x, &y) in word.iter_mut().zip(row).skip(pivot) {
                *x = self.difference(*x, self.product(factor, y));
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The field of eight elements: `x^3 + x + 1` is primitive.
    pub fn eight() -> Field {
        Field::binary(&[1, 2, 4, 3, 6, 7, 5]).unwrap()
    }

    #[test]
    fn refuses_what_is_no_field() {
        assert!(Field::prime(1).is_err());
        assert!(Field::binary(&[1, 2, 2]).is_err());
        assert!(Field::binary(&[1, 2]).is_err());
    }

    proptest! {
        #[test]
        fn inverses_are_inverses(a in 1u64..8, b in 1u64..101) {
            let (eight, prime) = (eight(), Field::prime(101).unwrap());
            prop_assert_eq!(eight.product(a, eight.inverse(a)), 1);
            prop_assert_eq!(prime.product(b, prime.inverse(b)), 1);
        }
    }
}
