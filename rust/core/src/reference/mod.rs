//! The naive definition of everything, and the inputs on which the rest must agree with it.

pub(crate) mod code;
pub(crate) mod minimax;
pub(crate) mod partition;
pub(crate) mod policy;
pub(crate) mod sampler;
pub(crate) mod schedule;
pub(crate) mod table;
