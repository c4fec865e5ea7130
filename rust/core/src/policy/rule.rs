//! Which of the masked tokens a policy reveals, from their marginals.
//!
//! Scores and limits are compared in whole multiples of [`UNIT`]: rounding in the last digits of a
//! marginal makes no tie and breaks none, and ties go to the lower position on every path. Sums of
//! entropies in that unit are exact, so they do not depend on an order either.

use crate::error::{Error, Result};

/// What scores are counted in, about `1e-12`.
pub const UNIT: f64 = 1.0 / (1u64 << 40) as f64;

/// `x` in whole units.
pub(super) fn units(x: f64) -> f64 {
    (x / UNIT).round_ties_even()
}

/// Checks how many tokens are revealed, by number of revealed ones.
pub(super) fn check_counts(counts: &[usize], n: usize) -> Result<()> {
    if counts.len() == n && counts.iter().all(|&count| count >= 1) {
        return Ok(());
    }
    let problem = "expected one number >= 1 for each number of revealed tokens";
    Err(Error::invalid("top_k", problem))
}

/// Checks a number in `0..=largest`.
pub(super) fn check_limit(argument: &'static str, value: f64, largest: f64) -> Result<()> {
    if (0.0..=largest).contains(&value) {
        return Ok(());
    }
    let problem = format!("is {value}, expected 0..={largest}");
    Err(Error::invalid(argument, problem))
}

/// What orders the masked tokens, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// Largest probability.
    Confidence,
    /// Largest probability less the second largest.
    Margin,
    /// Least entropy.
    Entropy,
}

/// A deterministic policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// The surest `counts[m]` tokens when `m` are revealed, or all if there are fewer.
    Top {
        /// What "sure" means.
        score: Score,
        /// At least 1 each, one for every number of revealed tokens.
        counts: Vec<usize>,
    },
    /// All tokens whose confidence is at least this, or the surest (Fast-dLLM, arXiv 2505.22618).
    Threshold(f64),
    /// The longest prefix, surest first, whose `m`-th token has `(m + 1) (1 - confidence)` below
    /// this, and at least one token (Fast-dLLM).
    Factor(f64),
    /// The longest prefix in order of entropy with `sum H - max H` at most this many nats
    /// (EB-sampler, arXiv 2505.24857).
    EntropyBound(f64),
}

impl Rule {
    /// Checks the parameters, for laws of `n` tokens.
    pub fn check(&self, n: usize) -> Result<()> {
        match self {
            Self::Top { counts, .. } => check_counts(counts, n),
            Self::Threshold(threshold) => check_limit("threshold", *threshold, 1.0),
            Self::Factor(factor) => check_limit("factor", *factor, f64::INFINITY),
            Self::EntropyBound(gamma) => check_limit("gamma", *gamma, f64::INFINITY),
        }
    }

    /// The places in `rows`, marginals of the masked tokens by position, that are revealed when
    /// `revealed` tokens are: at least one, ascending.
    pub fn choose(&self, rows: &[Vec<f64>], revealed: usize) -> Vec<usize> {
        let score = match self {
            Self::Top { score, .. } => *score,
            Self::Threshold(_) | Self::Factor(_) => Score::Confidence,
            Self::EntropyBound(_) => Score::Entropy,
        };
        let scores: Vec<f64> = rows.iter().map(|row| score.of(row)).collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let mut chosen = {
            let sorted = order.iter().map(|&place| scores[place]);
            let count = self.count(sorted, revealed).clamp(1, rows.len());
            order.truncate(count);
            order
        };
        chosen.sort_unstable();
        chosen
    }

    /// How many of the tokens with these scores, largest first, are revealed; 0 for at least one.
    fn count(&self, mut sorted: impl Iterator<Item = f64>, revealed: usize) -> usize {
        match self {
            Self::Top { counts, .. } => counts[revealed],
            Self::Threshold(threshold) => {
                let least = units(*threshold);
                sorted.take_while(|&confidence| confidence >= least).count()
            }
            Self::Factor(factor) => {
                let (limit, one) = (units(*factor), units(1.0));
                (2..)
                    .zip(&mut sorted)
                    .take_while(|&(next, confidence)| f64::from(next) * (one - confidence) < limit)
                    .count()
            }
            Self::EntropyBound(gamma) => {
                let limit = units(*gamma);
                // Of a prefix the last token has the largest entropy.
                let mut others = 0.0;
                sorted
                    .take_while(|&negative| {
                        let within = others <= limit;
                        others -= negative;
                        within
                    })
                    .count()
            }
        }
    }
}

impl Score {
    /// The larger, the surer, in whole units.
    pub(super) fn of(self, row: &[f64]) -> f64 {
        let (mut first, mut second) = (0.0f64, 0.0f64);
        for &p in row {
            if p > first {
                (first, second) = (p, first);
            } else if p > second {
                second = p;
            }
        }
        match self {
            Self::Confidence => units(first),
            Self::Margin => units(first - second),
            Self::Entropy => units(
                row.iter()
                    .filter(|&&p| p > 0.0)
                    .map(|&p| p * p.ln())
                    .sum::<f64>(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(confidences: &[f64]) -> Vec<Vec<f64>> {
        confidences.iter().map(|&c| vec![1.0 - c, c]).collect()
    }

    #[test]
    fn the_rules_by_hand() {
        let rows = binary(&[0.6, 0.9, 0.8, 0.95]);
        let top = |score, k| Rule::Top {
            score,
            counts: vec![k; 4],
        };
        for score in [Score::Confidence, Score::Margin, Score::Entropy] {
            assert_eq!(top(score, 1).choose(&rows, 0), [3]);
            assert_eq!(top(score, 2).choose(&rows, 0), [1, 3]);
            assert_eq!(top(score, 9).choose(&rows, 0), [0, 1, 2, 3]);
        }
        assert_eq!(Rule::Threshold(0.8).choose(&rows, 0), [1, 2, 3]);
        assert_eq!(Rule::Threshold(1.0).choose(&rows, 0), [3]);
        assert_eq!(Rule::Threshold(0.0).choose(&rows, 0), [0, 1, 2, 3]);
        // 2 * 0.05, 3 * 0.1, 4 * 0.2, 5 * 0.4.
        for (factor, count) in [(0.0, 1), (0.2, 1), (0.31, 2), (0.9, 3), (2.1, 4)] {
            assert_eq!(Rule::Factor(factor).choose(&rows, 0).len(), count);
        }
        // Entropies 0.1985, 0.3251, 0.5004, 0.6730.
        for (gamma, count) in [(0.0, 1), (0.19, 1), (0.2, 2), (0.53, 3), (1.03, 4)] {
            assert_eq!(Rule::EntropyBound(gamma).choose(&rows, 0).len(), count);
        }
    }

    #[test]
    fn ties_go_to_the_lower_position_whatever_the_last_digit() {
        let rows = binary(&[0.7, 0.9, 0.9 + 1e-15, 0.9 - 1e-15]);
        for score in [Score::Confidence, Score::Margin, Score::Entropy] {
            let counts = vec![2; 4];
            assert_eq!(Rule::Top { score, counts }.choose(&rows, 0), [1, 2]);
        }
        assert_eq!(Rule::Threshold(0.9).choose(&rows, 0), [1, 2, 3]);
        // A letter alone leaves no doubt.
        assert_eq!(Score::Margin.of(&[1.0]), units(1.0));
    }

    #[test]
    fn certain_tokens_cost_no_entropy() {
        let rows = binary(&[1.0, 1.0, 0.5, 1.0]);
        let all = Rule::EntropyBound(0.0).choose(&rows, 0);
        assert_eq!(all, [0, 1, 2, 3]);
        let rows = binary(&[1.0, 0.5, 0.5, 1.0]);
        assert_eq!(Rule::EntropyBound(0.0).choose(&rows, 0), [0, 1, 3]);
        assert_eq!(Rule::EntropyBound(f64::INFINITY).choose(&rows, 0).len(), 4);
    }

    #[test]
    fn bad_parameters() {
        for rule in [
            Rule::Threshold(1.5),
            Rule::Threshold(f64::NAN),
            Rule::Factor(-1.0),
            Rule::EntropyBound(-1.0),
        ] {
            assert!(matches!(rule.check(3), Err(Error::Invalid { .. })));
        }
        for counts in [vec![1; 2], vec![1, 0, 1]] {
            let score = Score::Margin;
            assert!(Rule::Top { score, counts }.check(3).is_err());
        }
        assert!(Rule::Factor(f64::INFINITY).check(3).is_ok());
    }
}
