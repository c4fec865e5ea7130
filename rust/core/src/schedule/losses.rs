//! The curve of losses, held so that costs of schedules are exact.
//!
//! Every cost is a sum of differences of losses, often tiny beside the losses themselves. So the
//! losses become integers, multiples of a power of two chosen so small that `n max |h|` takes up
//! about 2^120 of it, and costs are exact 128-bit integers: a stretch of equal losses costs exactly
//! nothing, equal schedules compare equal, and the one rounding is that of the final result. A loss
//! above `n max |h| / 2^65` (`3e-14 max |h|` at a million tokens) is represented without error, and
//! the rounding of the others changes an excess by at most `n^2 max |h| / 2^118`.
//!
//! # Losses that increase
//!
//! Let `m_j = min(h_0, .., h_j)`, the *floor*. Every schedule costs at least as much under `h` as
//! under `m`; and to each schedule there is one of as many steps or fewer that costs no more under
//! `h` than the given one under `m`. Walk through the ends `a` of its steps, each between an end `p`
//! already dealt with, where `h_p = m_p`, and the next end `c`, and let `i` be the last index up to
//! `a` with `h_i = m_a`.
//!
//! * If `i > p`, move the end from `a` to `i`: `a - i` tokens change their price from `m_p` to
//!   `m_a <= m_p`.
//! * Otherwise `m_p = m_a`. Drop the end: `c - a` tokens change their price from `m_a` to `m_p`.
//!
//! So both have the same frontier up to the constant `sum m - sum h`, and that of `m` is convex.

use crate::error::{Error, Result};
use crate::monitor::{CHECKED, Monitor};

/// A cost, as a multiple of half the unit of the [`Losses`] it belongs to.
pub(super) type Cost = i128;

/// Bits that the cost of a schedule may take. A price is at most four times as large, and lines are
/// compared over twice the range of `n`, which stays below 2^125.
const BITS: i32 = 120;

/// The per-token loss by number of revealed tokens.
#[derive(Debug, Clone)]
pub struct Losses {
    /// The losses. All are even (see [`price`](super::price) for what that buys).
    levels: Vec<Cost>,
    /// Their running minimum, if it is different.
    floor: Option<Vec<Cost>>,
    /// `prefix[j]`: the sum of the first `j` losses.
    prefix: Vec<Cost>,
    /// A cost `c` is worth `c 2^exponent` nats.
    exponent: i32,
}

impl Losses {
    /// The curve `h_0, .., h_{n-1}`: `h_j` is the loss of one token after `j` others are revealed.
    ///
    /// # Errors
    /// If there is no loss, there are too many, or one is not finite, and when interrupted.
    pub fn new(h: &[f64], monitor: &Monitor) -> Result<Self> {
        if h.is_empty() {
            return Err(Error::invalid("losses", "are empty, expected at least one"));
        }
        if h.len() >= u32::MAX as usize {
            let problem = format!("number {}, expected fewer than 2^32 - 1", h.len());
            return Err(Error::invalid("losses", problem));
        }
        let mut largest: f64 = 0.0;
        for (start, part) in (0..).step_by(CHECKED).zip(h.chunks(CHECKED)) {
            monitor.check()?;
            if let Some(k) = part.iter().position(|x| !x.is_finite()) {
                let (j, x) = (start + k, part[k]);
                let problem = format!("hold {x} at index {j}, expected finite numbers");
                return Err(Error::invalid("losses", problem));
            }
            largest = part.iter().fold(largest, |m, x| m.max(x.abs()));
        }
        let exponent = if largest == 0.0 {
            0
        } else {
            (largest.log2() + (h.len() as f64).log2()).ceil() as i32 - BITS
        };
        let mut levels: Vec<Cost> = Vec::with_capacity(h.len());
        let mut prefix = Vec::with_capacity(h.len() + 1);
        let (mut sum, mut before, mut monotone) = (0, Cost::MAX, true);
        prefix.push(sum);
        for part in h.chunks(CHECKED) {
            monitor.check()?;
            for &x in part {
                let level = 2 * (scale(x, -exponent - 1).round() as Cost);
                monotone &= level <= before;
                before = level;
                levels.push(level);
                sum += level;
                prefix.push(sum);
            }
        }
        let floor = if monotone {
            None
        } else {
            let (mut floor, mut least) = (Vec::with_capacity(h.len()), Cost::MAX);
            for part in levels.chunks(CHECKED) {
                monitor.check()?;
                floor.extend(part.iter().map(|&level| {
                    least = least.min(level);
                    least
                }));
            }
            Some(floor)
        };
        Ok(Self {
            levels,
            floor,
            prefix,
            exponent,
        })
    }

    /// Number of tokens.
    pub fn n(&self) -> usize {
        self.levels.len()
    }

    /// Whether the losses never increase.
    pub fn is_monotone(&self) -> bool {
        self.floor.is_none()
    }

    /// Excess of revealing the tokens `a, .., b-1` at once, `(b-a) h_a - sum_{a <= j < b} h_j`.
    ///
    /// # Panics
    ///
    /// Unless `a < b <= n`.
    pub fn excess(&self, a: usize, b: usize) -> f64 {
        self.value(self.block(a, b))
    }

    /// Excess of a schedule: the sum over its steps.
    pub fn schedule_excess(&self, sizes: &[usize]) -> Result<f64> {
        let n = self.n();
        let (mut a, mut cost) = (0, 0);
        for (step, &size) in sizes.iter().enumerate() {
            if size == 0 {
                let problem = format!("are 0 at step {step}, expected at least 1 everywhere");
                return Err(Error::invalid("sizes", problem));
            }
            if size > n - a {
                let problem = format!("sum to more than n = {n}");
                return Err(Error::invalid("sizes", problem));
            }
            cost += self.block(a, a + size);
            a += size;
        }
        if a < n {
            let problem = format!("sum to {a}, expected n = {n}");
            return Err(Error::invalid("sizes", problem));
        }
        Ok(self.value(cost))
    }

    /// Refuses a number of steps that no schedule has.
    pub(super) fn check_steps(&self, argument: &'static str, steps: usize) -> Result<()> {
        let n = self.n();
        if (1..=n).contains(&steps) {
            return Ok(());
        }
        let problem = format!("is {steps}, expected 1..={n}");
        Err(Error::invalid(argument, problem))
    }

    /// The running minimum of the losses: the losses themselves if they never increase.
    pub(super) fn floor(&self) -> &[Cost] {
        self.floor.as_ref().unwrap_or(&self.levels)
    }

    /// The path `nodes` from 0 to `n` after the ends of its steps were moved to where the losses are
    /// as low as their floor, and those dropped that then make no difference. `O(n)`.
    pub(super) fn settle(&self, nodes: &[usize], monitor: &Monitor) -> Result<Vec<usize>> {
        let (n, floor) = (self.n(), self.floor());
        let mut settled = vec![0];
        let mut ends = nodes[1..nodes.len() - 1].iter().copied().peekable();
        // The last index so far with a loss as low as the floor, which is also the last one as low
        // as the floor is here.
        let mut low = 0;
        for (j, (level, least)) in self.levels.iter().zip(floor).enumerate() {
            if j % CHECKED == 0 {
                monitor.check()?;
            }
            if level == least {
                low = j;
            }
            if ends.next_if_eq(&j).is_some() && low > settled[settled.len() - 1] {
                settled.push(low);
            }
        }
        settled.push(n);
        Ok(settled)
    }

    /// The sum of all losses: what a schedule pays before anything counts as excess.
    pub(super) fn total(&self) -> Cost {
        self.prefix[self.n()]
    }

    /// Excess of one block.
    fn block(&self, a: usize, b: usize) -> Cost {
        (b - a) as Cost * self.levels[a] - (self.prefix[b] - self.prefix[a])
    }

    /// The double nearest to a cost.
    pub(super) fn value(&self, cost: Cost) -> f64 {
        scale(cost as f64, self.exponent)
    }
}

/// `x 2^exponent`, in two halves because the whole factor may be out of range.
fn scale(x: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    x * 2f64.powi(half) * 2f64.powi(exponent - half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::schedule as reference;
    use proptest::prelude::*;
    use std::f64::consts::LN_2;

    fn losses(h: &[f64]) -> Losses {
        Losses::new(h, &Monitor::new()).unwrap()
    }

    fn problem<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn refuses_what_is_not_a_curve() {
        assert!(problem(Losses::new(&[], &Monitor::new())).starts_with("losses: are empty"));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let text = problem(Losses::new(&[1.0, 0.5, bad, bad], &Monitor::new()));
            assert_eq!(
                text,
                format!("losses: hold {bad} at index 2, expected finite numbers")
            );
        }
    }

    #[test]
    fn refuses_what_is_not_a_schedule() {
        let curve = losses(&[3.0, 2.0, 1.0]);
        for (sizes, says) in [
            (&[1, 0, 2][..], "sizes: are 0 at step 1"),
            (&[2, 2], "sizes: sum to more than n = 3"),
            (&[usize::MAX, 4], "sizes: sum to more than n = 3"),
            (&[1, 1], "sizes: sum to 2, expected n = 3"),
            (&[], "sizes: sum to 0, expected n = 3"),
        ] {
            assert!(problem(curve.schedule_excess(sizes)).starts_with(says));
        }
        assert_eq!(curve.schedule_excess(&[1, 2]), Ok(1.0));
        assert_eq!(curve.schedule_excess(&[3]), Ok(3.0));
    }

    #[test]
    fn monotone_means_never_increasing() {
        assert!(losses(&[1.0]).is_monotone());
        assert!(losses(&[1.0, 1.0, 0.5, -2.0]).is_monotone());
        assert!(!losses(&[1.0, 0.5, 0.5f64.next_up()]).is_monotone());
    }

    #[test]
    fn single_tokens_and_plateaus_cost_exactly_nothing() {
        let h: Vec<f64> = (0..1000).map(|j| 10.0 / (1.0 + (j / 100) as f64)).collect();
        let curve = losses(&h);
        for a in 0..1000 {
            assert_eq!(curve.excess(a, a + 1), 0.0);
            assert_eq!(curve.excess(a, (a / 100 + 1) * 100), 0.0);
        }
        assert!(curve.excess(99, 101) > 0.0);
    }

    #[test]
    fn small_differences_survive_large_sums() {
        let n = 1_000_000;
        let mut h = vec![10.0; n];
        h[n - 1] = 10.0f64.next_down();
        assert_eq!(losses(&h).excess(0, n), 10.0 - 10.0f64.next_down());
        // A tail of 1e-20 behind a head of 10.
        h[1..].fill(1e-20);
        h[n - 1] = 0.0;
        let excess = losses(&h).excess(1, n);
        assert!((excess / 1e-20 - 1.0).abs() < 1e-4, "{excess}");
    }

    #[test]
    fn a_sum_of_equal_costs_is_rounded_once() {
        let curve = losses(&[LN_2, 0.0, LN_2, 0.0, LN_2, 0.0]);
        assert_eq!(curve.schedule_excess(&[2, 2, 2]), Ok(3.0 * LN_2));
    }

    #[test]
    fn any_scale_will_do() {
        for exponent in [-1074, -1000, -500, 0, 500, 1000] {
            let size = 2f64.powi(exponent);
            assert_eq!(losses(&[3.0 * size, size, 0.0]).excess(0, 3), 5.0 * size);
        }
        assert_eq!(losses(&[0.0, 0.0]).excess(0, 2), 0.0);
        assert!(losses(&[f64::MAX, -f64::MAX]).excess(0, 2).is_infinite());
    }

    /// As the proof has it: for each end the last loss as low as the floor, by looking back.
    fn settled_by_looking_back(losses: &Losses, nodes: &[usize]) -> Vec<usize> {
        let mut settled = vec![0];
        for &a in &nodes[1..nodes.len() - 1] {
            let low = (0..=a)
                .rfind(|&i| losses.levels[i] == losses.floor()[a])
                .unwrap();
            if low > settled[settled.len() - 1] {
                settled.push(low);
            }
        }
        settled.push(losses.n());
        settled
    }

    #[test]
    fn ends_on_a_long_plateau_of_the_floor_settle() {
        // The floor is reached at once: each of a million ends would look back for it.
        let n = 1 << 20;
        let h: Vec<f64> = (0..n).map(|j| (j * 7919 % 1009) as f64).collect();
        let nodes: Vec<usize> = (0..=n).collect();
        let settled = losses(&h).settle(&nodes, &Monitor::new()).unwrap();
        let lows = (1..n).filter(|j| j % 1009 == 0);
        assert!(
            settled
                .into_iter()
                .eq([0].into_iter().chain(lows).chain([n]))
        );
    }

    proptest! {
        #[test]
        fn ends_settle_where_the_floor_is(
            (h, sizes) in reference::scheduled_curve(40),
        ) {
            let curve = losses(&h);
            let mut nodes = vec![0];
            nodes.extend(sizes.iter().scan(0, |b, size| {
                *b += size;
                Some(*b)
            }));
            let settled = curve.settle(&nodes, &Monitor::new()).unwrap();
            prop_assert_eq!(&settled, &settled_by_looking_back(&curve, &nodes));
            let paid = |nodes: &[usize], levels: &[Cost]| -> Cost {
                nodes.windows(2).map(|e| (e[1] - e[0]) as Cost * levels[e[0]]).sum()
            };
            prop_assert!(paid(&settled, &curve.levels) <= paid(&nodes, curve.floor()));
        }

        #[test]
        fn agrees_with_the_definition((h, sizes) in reference::scheduled_curve(40)) {
            let curve = losses(&h);
            let naive = reference::excess(&h, &sizes);
            let exact = curve.schedule_excess(&sizes).unwrap();
            let rounding = 1e-14 * h.len() as f64 * h.iter().map(|x| x.abs()).sum::<f64>();
            prop_assert!((exact - naive).abs() <= rounding, "{exact} {naive}");
            let blocks: f64 = sizes.iter().scan(0, |a, s| {
                *a += s;
                Some(curve.excess(*a - s, *a))
            }).sum();
            prop_assert!((exact - blocks).abs() <= rounding);
        }
    }
}
