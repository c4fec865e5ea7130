//! Schedules: what they cost and which are best.
//!
//! A schedule reveals `n` tokens in steps of `s_1, .., s_k >= 1` tokens, in the order of time. When a
//! random masked token costs `h_j` nats after `j` random others are revealed, the schedule costs
//! `sum_t s_t h_{N_{t-1}}` with `N_t = s_1 + .. + s_t`, and its *excess* is what it pays above
//! revealing one token at a time:
//!
//! ```text
//! excess = sum_t s_t h_{N_{t-1}} - sum_j h_j = sum_t w(N_{t-1}, N_t),   w(a, b) = sum_{a <= j < b} (h_a - h_j)
//! ```
//!
//! If `h` is the information curve of a distribution, the excess is the expected divergence of the
//! random-order sampler from it (Chen, Cong, Li, arXiv 2511.04647), and `h` never increases (Han's
//! inequality). The losses of a learned model may: then more steps can hurt, the excess can be
//! negative, and everything here speaks of *at most* `k` steps.
//!
//! Let `f(k)`, the *frontier*, be the least excess with at most `k` steps.
//!
//! * [`Losses`] holds the curve in exact arithmetic: no comparison is ever decided by rounding. It
//!   also reduces losses that increase to others that do not, with the same frontier. So `w` may be
//!   taken to satisfy the quadrangle inequality, and the frontier is convex for all losses.
//! * [`optimal_with_steps`] and [`optimal_with_tolerance`] search over a price per step, `O(n)` a
//!   price, and splice two schedules when the answer lies between them.
//! * [`frontier()`] is dynamic programming, `O(n)` a step.
//!
//! Where the curve is not known but bounds on functionals of it are:
//!
//! * [`worst_case()`] is a linear program over curves, and its dual a certificate.
//! * [`minimax_with_tolerance`] and [`minimax_with_steps`] search over the multipliers of the dual.
//!
//! [`bernoulli_excess`], [`bernstein`] and [`bernoulli_levels`] are for random counts.
//!
//! By rule: [`odds_with_growth`] where nothing is known, [`integer_steps()`] by local slopes.

mod bernoulli;
mod cell;
mod frontier;
mod goal;
mod greedy;
mod hull;
mod integer_steps;
mod knowns;
mod losses;
mod minimax;
mod odds;
mod optimal;
mod path;
mod price;
mod sweep;
mod worst_case;

pub use bernoulli::{bernoulli_excess, bernoulli_levels, bernstein};
pub use frontier::frontier;
pub use integer_steps::integer_steps;
pub use knowns::{Knowns, PerFunctional};
pub use losses::Losses;
pub use minimax::{Minimax, minimax_with_steps, minimax_with_tolerance};
pub use odds::{odds_with_growth, odds_with_steps};
pub use optimal::{optimal_with_steps, optimal_with_tolerance};
pub use worst_case::{WorstCase, worst_case};
