//! Laws whose curves need no joint table: polynomial time in the number of tokens, but for linear
//! codes, whose ranks are enumerated.
//!
//! Every route finds `h` or `Z` itself as a sum of like terms. Differences of mean entropies, which
//! grow with `n`, are never formed: at a million tokens they would have lost ten digits.

pub mod blocks;
pub mod code;
pub mod compositions;
pub mod exchangeable;
pub mod markov;
mod pairs;

/// Makes neighbours equal that differ by no more than `rounding`, as
/// [`Curve::new`](crate::curve::Curve::new) does: a plateau of the law is a plateau of the curve,
/// and costs nothing.
fn levelled(values: &mut [f64], rounding: f64) {
    let mut level = 0.0;
    for value in values {
        if (*value - level).abs() > rounding {
            level = *value;
        }
        *value = level;
    }
}
