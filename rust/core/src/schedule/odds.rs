//! Steps in geometric progression of odds, for curves of which nothing is known.
//!
//! With `psi(t) = t / (1 - t)`: one token; then from `a` to the largest `b <= n - 1` with `psi(b/n)
//! <= (1 + rho) psi((a+1)/n)`, at least one token; the last token alone. The expected divergence is
//! at most `rho` times the harmonic mass, in at most `3 + 2 log n / log(1 + rho)` steps (Wainwright,
//! arXiv 2608.13520).

use super::greedy::ROUNDING;
use super::minimax::MAX_STEPS;
use crate::error::{Error, Result};
use crate::monitor::Monitor;

/// Steps between two looks at the monitor.
const CHECK_EVERY: usize = 1 << 14;

/// Halvings of a bracket of doubles, after which nothing is left of it.
const HALVINGS: usize = 80;

/// Sizes for a growth of the odds by a factor `1 + rho` a step.
pub fn odds_with_growth(n: usize, rho: f64, monitor: &Monitor) -> Result<Vec<usize>> {
    let mut sizes = Vec::new();
    let steps = walk(n, rho, MAX_STEPS, monitor, |size| sizes.push(size))?;
    if steps > MAX_STEPS {
        let problem = format!("is {rho}, for which over {MAX_STEPS} steps are needed");
        return Err(Error::invalid("rho", problem));
    }
    Ok(sizes)
}

/// Sizes for the slowest growth that takes at most so many steps.
pub fn odds_with_steps(n: usize, steps: usize, monitor: &Monitor) -> Result<Vec<usize>> {
    let least = n.min(3);
    let most = n.min(MAX_STEPS);
    if steps < least || steps > most {
        let problem = format!("is {steps}, expected {least}..{most}");
        return Err(Error::invalid("steps", problem));
    }
    if steps == n {
        return Ok(vec![1; n]);
    }
    // Growth by 1/n reveals one token at a time, and by n^2 all but the first and the last.
    let (mut slow, mut fast) = (1.0 / n as f64, (n as f64).powi(2));
    for _ in 0..HALVINGS {
        let middle = if fast > 2.0 * slow {
            (slow * fast).sqrt()
        } else {
            slow + (fast - slow) / 2.0
        };
        if middle <= slow || middle >= fast {
            break;
        }
        if walk(n, middle, steps, monitor, |_| ())? <= steps {
            fast = middle;
        } else {
            slow = middle;
        }
    }
    odds_with_growth(n, fast, monitor)
}

/// Calls `step` with each size and returns their number, or more than `limit` once there are more.
fn walk(
    n: usize,
    rho: f64,
    limit: usize,
    monitor: &Monitor,
    mut step: impl FnMut(usize),
) -> Result<usize> {
    let mut a = 0;
    let mut steps = 0;
    while a < n && steps <= limit {
        let b = if a == 0 || a + 1 >= n {
            a + 1
        } else {
            let odds = (1.0 + rho) * ((a + 1) as f64 / (n - a - 1) as f64);
            // odds / (1 + odds), which does not overflow.
            let most = n as f64 / (1.0 + 1.0 / odds) * (1.0 + ROUNDING);
            (most as usize).clamp(a + 1, n - 1)
        };
        step(b - a);
        a = b;
        steps += 1;
        if steps % CHECK_EVERY == 0 {
            monitor.check()?;
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By trying every end, in whole numbers: `rho = part / 64`.
    fn naive(n: usize, part: usize) -> Vec<usize> {
        let mut sizes = vec![1];
        let mut a = 1;
        while a < n {
            let fits = |b: &usize| 64 * b * (n - a - 1) <= (64 + part) * (a + 1) * (n - b);
            let b = (a + 2..n).rev().find(fits).unwrap_or(a + 1);
            sizes.push(b - a);
            a = b;
        }
        sizes
    }

    proptest! {
        #[test]
        fn takes_the_largest_steps(n in 1..80usize, part in 1..1000usize) {
            let monitor = Monitor::new();
            let rho = part as f64 / 64.0;
            let sizes = odds_with_growth(n, rho, &monitor).unwrap();
            prop_assert_eq!(&sizes, &naive(n, part));
            let most = 3.0 + 2.0 * (n as f64).ln() / rho.ln_1p();
            prop_assert!(sizes.len() as f64 <= most);
            let same = odds_with_steps(n, sizes.len(), &monitor).unwrap();
            prop_assert!(same.len() <= sizes.len());
        }
    }

    #[test]
    fn takes_as_many_steps_as_it_may() {
        let monitor = Monitor::new();
        for n in 1..40 {
            for steps in n.min(3)..=n {
                let sizes = odds_with_steps(n, steps, &monitor).unwrap();
                assert!(sizes.len() <= steps);
                assert_eq!(sizes.iter().sum::<usize>(), n);
            }
            assert_eq!(odds_with_steps(n, n, &monitor).unwrap(), vec![1; n]);
        }
        assert!(odds_with_steps(9, 2, &monitor).is_err());
        assert!(odds_with_steps(9, 10, &monitor).is_err());
    }
}
