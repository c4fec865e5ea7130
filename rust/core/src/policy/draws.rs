//! What the oracle answers, and what is drawn from its answers.

use std::borrow::Cow;

use super::rule::UNIT;
use crate::error::{Error, Result};

/// How a sampler draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draws {
    /// Tokens are drawn from `p^(1/temperature)`, normalised; at 0 the likeliest is taken, the first
    /// of several.
    pub temperature: f64,
    /// Whether the answer to what has probability zero is uniform; otherwise that is an error.
    pub uniform_on_impossible: bool,
}

impl Draws {
    /// Checks the temperature.
    pub fn check(&self) -> Result<()> {
        if self.temperature >= 0.0 && self.temperature.is_finite() {
            return Ok(());
        }
        let problem = format!("is {}, expected a finite number >= 0", self.temperature);
        Err(Error::invalid("temperature", problem))
    }

    /// Makes conditional marginals of the masses of the letters of each token.
    pub(super) fn answer(&self, rows: &mut [Vec<f64>]) -> Result<()> {
        if normalise(rows) {
            return Ok(());
        }
        if !self.uniform_on_impossible {
            return Err(Error::invalid(
                "on_impossible",
                "is 'raise', and the sampler reveals tokens that cannot stand together; \
                 'uniform' answers all the same",
            ));
        }
        for row in rows {
            let q = row.len() as f64;
            row.fill(1.0 / q);
        }
        Ok(())
    }

    /// The law that a token with these marginals is drawn from.
    pub(crate) fn tempered<'a>(&self, row: &'a [f64]) -> Cow<'a, [f64]> {
        if self.temperature == 1.0 {
            return Cow::Borrowed(row);
        }
        let top = row.iter().copied().fold(0.0, f64::max);
        let mut tempered: Vec<f64> = if self.temperature == 0.0 {
            // As for scores, the last digits make no difference.
            let least = top - UNIT;
            let first = row.iter().position(|&p| p >= least);
            (0..row.len())
                .map(|letter| f64::from(u8::from(Some(letter) == first)))
                .collect()
        } else {
            row.iter()
                .map(|&p| (p / top).powf(self.temperature.recip()))
                .collect()
        };
        let total: f64 = tempered.iter().sum();
        tempered.iter_mut().for_each(|p| *p /= total);
        Cow::Owned(tempered)
    }
}

/// Divides each row by its sum; whether that can be done.
fn normalise(rows: &mut [Vec<f64>]) -> bool {
    for row in rows {
        let total: f64 = row.iter().sum();
        if total <= 0.0 {
            return false;
        }
        row.iter_mut().for_each(|p| *p /= total);
    }
    true
}
