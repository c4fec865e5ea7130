//! What a search along the frontier is for: the first schedule with enough steps, or with an excess
//! small enough.

use std::cmp::Ordering;

use super::losses::{Cost, Losses};
use super::path::Path;

/// What a schedule must reach.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// At least so many steps.
    Steps(usize),
    /// At most so much excess.
    Excess(f64),
}

impl Goal {
    /// Whether a schedule on the frontier falls short of the goal, hits it exactly or is enough.
    pub(super) fn judge(self, losses: &Losses, steps: usize, cost: Cost) -> Ordering {
        match self {
            Self::Steps(wanted) => steps.cmp(&wanted),
            // Compared as the caller will see it: `schedule_excess` is the same rounding.
            Self::Excess(most) if losses.value(cost) <= most => Ordering::Greater,
            Self::Excess(_) => Ordering::Less,
        }
    }

    /// The slope of the frontier where it reaches the goal, in multiples of the slope of the chord
    /// from `few` to `many`, as if it were `k -> c / k + d` between them. On a smooth curve it nearly
    /// is, for many steps of many tokens (Lavenant, Zanella, arXiv 2510.25544).
    pub(super) fn relative_slope(self, losses: &Losses, few: &Path, many: &Path) -> f64 {
        let (least, most) = (1.0 / many.steps() as f64, 1.0 / few.steps() as f64);
        let inverse = match self {
            Self::Steps(wanted) => 1.0 / wanted as f64,
            Self::Excess(excess) => {
                let (low, high) = (losses.value(many.cost), losses.value(few.cost));
                least + (excess - low) / (high - low) * (most - least)
            }
        };
        inverse * inverse / (least * most)
    }
}
