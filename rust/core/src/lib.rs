//! Exact information curves and unmasking schedules for masked diffusion models.

pub mod curve;
pub mod error;
pub mod family;
pub mod kernel;
pub mod lattice;
pub mod limits;
pub mod monitor;
mod parallel;
#[cfg(test)]
mod reference;
pub mod schedule;
pub mod sum;
pub mod support;
pub mod table;
