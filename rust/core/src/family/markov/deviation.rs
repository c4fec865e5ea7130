//! What is known of a token beyond its marginal.
//!
//! `I(X_a; X_b)` is the mean over `x` of the divergence of row `x` of the transition from `a` to `b`
//! from the marginal `m` of `X_b`. With the row written as `m + e`, that is `sum_y m phi(e/m)`,
//! `phi(t) = (1+t) ln(1+t) - t >= 0`: no digit is lost however close the row comes to the marginal.
//! The deviations `e` are what is stepped along the chain, `e <- e P`; what rounding adds to their
//! sum (which is 0, and which `P` would keep for ever) is taken off at each step.

/// The law of a token known to be `x`, less its marginal.
pub(super) fn deviation(x: usize, law: &[f64]) -> Vec<f64> {
    let mut row: Vec<f64> = law.iter().map(|p| -p).collect();
    row[x] = law
        .iter()
        .enumerate()
        .filter(|&(y, _)| y != x)
        .map(|(_, p)| p)
        .sum();
    row
}

/// `out = row matrix`.
pub(super) fn times(row: &[f64], matrix: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (x, line) in row.iter().zip(matrix.chunks_exact(row.len())) {
        out.iter_mut().zip(line).for_each(|(out, p)| *out += x * p);
    }
}

/// One step of a deviation from the marginal, towards the next marginal.
pub(super) fn step(row: &[f64], matrix: &[f64], next_law: &[f64], out: &mut [f64]) {
    times(row, matrix, out);
    let excess: f64 = out.iter().sum();
    out.iter_mut()
        .zip(next_law)
        .for_each(|(e, p)| *e -= excess * p);
}

/// Divergence of the law `law + row` from `law`.
pub(super) fn divergence(row: &[f64], law: &[f64]) -> f64 {
    let cells = row.iter().zip(law).filter(|&(_, &p)| p > 0.0);
    cells.map(|(e, p)| p * phi(e / p)).sum()
}

/// `(1+t) ln(1+t) - t` for `t >= -1`, to a few roundings of itself.
fn phi(t: f64) -> f64 {
    if t.abs() < 0.125 {
        // sum_k (-t)^k / (k (k-1)), k = 2 ..; the first term left out is below 1e-17 of the sum.
        let series = (2..=19)
            .rev()
            .fold(0.0, |sum, k| 1.0 / f64::from(k * (k - 1)) - t * sum);
        return t * t * series;
    }
    // Rounding may take t a little below -1, where the limit is 1.
    let u = (1.0 + t).max(0.0);
    if u > 0.0 { u * t.ln_1p() - t } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phi_is_accurate_at_the_seam() {
        for t in [-1.0, -0.5, -0.1251, -0.125, -0.1249, 0.1249, 0.125, 3.0] {
            let want = if t == -1.0 {
                1.0
            } else {
                (1.0 + t) * f64::ln_1p(t) - t
            };
            assert!((phi(t) - want).abs() < 1e-14 * want, "{t}");
        }
        assert_eq!(phi(0.0), 0.0);
        assert!((phi(1e-150) / 0.5e-300 - 1.0).abs() < 1e-15);
    }
}
