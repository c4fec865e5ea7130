//! Exact information curves and unmasking schedules for masked diffusion models.
//!
//! # The mathematics in one page
//!
//! `X = (X_1 .. X_n)` has a law on a finite product space. A masked model, asked with some tokens
//! revealed, answers the marginal law of each masked one. A *schedule* `s_1, .., s_k` reveals `s_t`
//! tokens in step `t`, at random positions, each drawn from its own answer, independently of the
//! others of the step: that independence is the only error, and it is known exactly.
//!
//! Let `M_j` be the mean of `H(X_S)` over the subsets of size `j`, and
//!
//! ```text
//! h_j = M_{j+1} - M_j       mean entropy of a random masked token, j others revealed
//! Z_j = h_0 - h_{j-1}       the information curve, 0 = Z_1 <= Z_2 <= .. <= Z_n
//! ```
//!
//! (`h` never increases: Han's inequality.) With `N_t = s_1 + .. + s_t`, the expected divergence of
//! the data from what the sampler puts out, over its random ordered partition, is
//!
//! ```text
//! E KL = sum_t s_t h_{N_{t-1}} - H(X) = sum_t sum_{j <= s_t} (Z_{N_{t-1}+j} - Z_{N_{t-1}+1}),
//! ```
//!
//! the left Riemann error of a staircase under the curve (Chen, Cong and Li, arXiv 2511.04647).
//! `TC = sum_j Z_j` is the area under it and `DTC = n Z_n - TC` the area above. So everything comes
//! down to two computations: the `2^n` subset entropies, averaged by size, and a shortest path.
//!
//! Every entropy, divergence and tolerance is in nats.
//!
//! # Where things are
//!
//! | module | what |
//! |---|---|
//! | [`kernel`] | sums of `x ln x`: the inner loop, and the only unsafe code |
//! | [`lattice`] | all marginals of a dense table |
//! | [`support`] | all marginals of a list of weighted atoms |
//! | [`table`] | validation of tables; entropies that need no lattice |
//! | [`curve`] | the curve, by whichever way is cheaper |
//! | [`family`] | curves of laws with structure, in polynomial time |
//! | [`partition`] | ordered partitions: fixed, planned, random |
//! | [`sampler`] | exact laws of what samplers put out |
//! | [`schedule`] | costs, best schedules, the frontier |
//! | [`policy`] | what samplers put out that choose positions by what they have seen |
//! | [`sum`] | accurate sums |
//! | [`monitor`], [`limits`], [`error`] | progress and cancelling; refusals; what goes wrong |
//!
//! Results depend on the arguments alone: the same bits for any number of threads.

pub mod curve;
pub mod error;
pub mod family;
#[cfg(test)]
mod interrupts;
pub mod kernel;
pub mod lattice;
pub mod limits;
pub mod monitor;
mod parallel;
mod partials;
pub mod partition;
pub mod policy;
#[cfg(test)]
mod reference;
pub mod sampler;
pub mod schedule;
mod subset;
pub mod sum;
pub mod support;
pub mod table;
