//! What samplers put out that choose positions by what they have seen.
//!
//! In each call a *policy* looks at the marginals of the masked tokens and reveals some of them, each
//! drawn from its own marginal. If the policy is deterministic, the tokens revealed so far determine
//! the next ones: every sequence has one path, and the states `(A, x_A)` that are reached form a tree.
//! A state owns the cells of the table that agree with it. The states after so many calls own disjoint
//! cells, so that all their marginals take one pass over the table: `O(n |table|)` in all, against the
//! `prod (1 + q_i)` states that there could be.
//!
//! [`rule`] says which tokens a policy reveals, [`tree`] walks the states.

pub mod rule;
pub mod tree;

pub use rule::{Rule, Score};
pub use tree::{Law, Sampler, predicted_operations};
