//! Exact information curves and unmasking schedules for masked diffusion models.

pub mod error;
pub mod kernel;
pub mod monitor;
pub mod schedule;
pub mod sum;
