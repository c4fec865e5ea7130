//! Policies that leave to chance which tokens they reveal.

use std::borrow::Cow;
use std::iter::successors;

use super::rule::{check_counts, check_limit};
use super::{entropy_sum, sampled_top};
use crate::error::Result;

/// A policy with a choice of its own to draw.
#[derive(Debug, Clone, PartialEq)]
pub enum RandomRule {
    /// Tokens in random order until their summed entropy exceeds this many nats, the last included.
    EntropySum(f64),
    /// Of draws for all tokens the surest `counts[m]` when `m` tokens are revealed, or all if there
    /// are fewer (LLaDA).
    SampledTop(Vec<usize>),
}

impl RandomRule {
    /// Checks the parameters, for laws of `n` tokens.
    pub fn check(&self, n: usize) -> Result<()> {
        match self {
            Self::EntropySum(budget) => check_limit("budget", *budget, f64::INFINITY),
            Self::SampledTop(counts) => check_counts(counts, n),
        }
    }

    /// Numbers of tokens that can be revealed after a call, if `a` of the tokens of this shape were
    /// before it.
    pub(super) fn reaches(&self, shape: &[usize], a: usize) -> Vec<usize> {
        let n = shape.len();
        match self {
            Self::EntropySum(budget) => {
                let letters = shape.iter().copied().max().unwrap_or(1);
                let fewest = entropy_sum::fewest(*budget, letters).min(n - a);
                (a + fewest..=n).collect()
            }
            Self::SampledTop(counts) => vec![n.min(a.saturating_add(counts[a]))],
        }
    }

    /// Most calls that may be needed.
    pub(super) fn most_calls(&self, shape: &[usize]) -> usize {
        let next = |&a: &usize| self.reaches(shape, a).first().copied();
        successors(Some(0), |a| (*a < shape.len()).then(|| next(a))?).count() - 1
    }

    /// Whether so many calls are always made.
    pub(super) fn knows_calls(&self) -> bool {
        matches!(self, Self::SampledTop(_))
    }

    /// Passes on all that a call may reveal when `revealed` tokens are: what it adds to the number of a
    /// state, and the probability.
    pub(super) fn outcomes(
        &self,
        revealed: usize,
        asked: &Asked<'_>,
        branches: &mut Branches,
        pass: impl FnMut(usize, f64),
    ) {
        match self {
            Self::EntropySum(budget) => entropy_sum::outcomes(*budget, asked, branches, pass),
            Self::SampledTop(counts) => sampled_top::outcomes(counts[revealed], asked, pass),
        }
    }
}

/// What is known of the masked tokens.
pub(super) struct Asked<'a> {
    /// Their marginals.
    pub rows: &'a [Vec<f64>],
    /// What they are drawn from.
    pub laws: &'a [Cow<'a, [f64]>],
    /// What a letter adds to the number of a state.
    pub strides: &'a [usize],
}

/// By number of tokens, what their letters add and how likely they are: space to be used again.
pub(super) type Branches = Vec<Vec<(usize, f64)>>;
