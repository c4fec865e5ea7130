//! Exact information curves and unmasking schedules for masked diffusion models.

pub mod error;
pub mod monitor;
#[cfg(test)]
mod reference;
pub mod schedule;
pub mod sum;
