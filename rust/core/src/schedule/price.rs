//! The frontier by its prices: schedules that are optimal when every step costs extra.
//!
//! With a price on each step the number of steps is free, and the best schedule, the minimum of
//! `excess + price * steps`, needs one sweep instead of one for each step. It is a point of the
//! frontier where a line of slope `-price` touches it from below. To reach a goal we keep a point on
//! either side of it and take for the next price the slope of the chord between the two: either a
//! point lies below the chord and replaces one of them, or nothing does.
//!
//! The frontier is convex, so this search is exact. Costs are even integers, hence so are the slopes
//! `f(k) - f(k+1)`, and an odd price never equals one: its schedule has one certain number of steps.
//! Let `p` be the slope of the chord and `e <= p < e + 2` with `e` even. If `p > e`, some slopes in
//! the bracket are above `p`, so at least `e + 2`, others below, so at most `e`: the price `e + 1`
//! lands strictly inside. If `p = e`, it does so too unless no slope exceeds `e`; then all of them
//! equal `e`, and the frontier is the chord.
//!
//! On a smooth curve chords do little better than to halve the bracket. A guess at the slope where
//! the goal is gets there sooner, but may be useless elsewhere, so every other price is a guess.

use std::cmp::Ordering;

use super::goal::Goal;
use super::hull::Hull;
use super::losses::{Cost, Losses};
use super::path::Path;
use super::sweep::sweep;
use crate::error::Result;
use crate::monitor::Monitor;

/// Sweeps announced for one search; most need about as many.
const TYPICAL_SWEEPS: u64 = 12;

/// What was found about a goal.
pub(super) enum Found {
    /// This schedule is the answer, or no schedule is and this one has the least excess.
    Exactly(Path),
    /// The first schedule, of fewer steps, falls short of the goal and the second does not. The
    /// frontier is linear between them.
    Between(Path, Path),
}

/// Searches for the first schedule of the frontier that reaches the goal.
pub(super) fn bracket(losses: &Losses, goal: Goal, monitor: &Monitor) -> Result<Found> {
    let n = losses.n();
    let judge = |path: &Path| goal.judge(losses, path.steps(), path.cost);
    let mut few = Path::through(losses, vec![0, n], monitor)?;
    if judge(&few) != Ordering::Less {
        return Ok(Found::Exactly(few));
    }
    let mut many = Path::through(losses, (0..=n).collect(), monitor)?;
    if judge(&many) != Ordering::Greater {
        return Ok(Found::Exactly(many));
    }
    monitor.expect(TYPICAL_SWEEPS * n as u64);
    let mut hull = Hull::default();
    let mut origins = vec![0; n + 1];
    let mut guess = false;
    while many.steps() - few.steps() > 1 {
        guess = !guess;
        let chord = (few.cost - many.cost) / (many.steps() - few.steps()) as Cost;
        let price = if guess {
            (chord as f64 * goal.relative_slope(losses, &few, &many)) as Cost
        } else {
            chord | 1
        };
        sweep(losses.floor(), &mut hull, monitor, |b, cost, origin| {
            origins[b] = origin;
            cost + price
        })?;
        let middle = Path::back(losses, &origins, monitor)?;
        if middle.steps() <= few.steps() || middle.steps() >= many.steps() {
            if guess {
                continue;
            }
            return Ok(Found::Between(few, many));
        }
        match judge(&middle) {
            Ordering::Less => few = middle,
            Ordering::Equal => return Ok(Found::Exactly(middle)),
            Ordering::Greater => many = middle,
        }
    }
    Ok(Found::Exactly(many))
}
