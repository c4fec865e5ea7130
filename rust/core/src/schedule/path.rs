//! A schedule with its exact cost, and the splice of two.

use super::losses::{Cost, Losses};
use crate::error::Result;
use crate::monitor::{CHECKED, Monitor};

/// A schedule as the path `0 = N_0 < N_1 < .. < N_k = n` of its cumulative sizes.
#[derive(Debug, Clone)]
pub(super) struct Path {
    nodes: Vec<usize>,
    /// Excess, with the floor of the losses for what steps cost.
    pub(super) cost: Cost,
}

impl Path {
    /// The path through `nodes`.
    pub(super) fn through(losses: &Losses, nodes: Vec<usize>, monitor: &Monitor) -> Result<Self> {
        let floor = losses.floor();
        let step = |e: &[usize]| (e[1] - e[0]) as Cost * floor[e[0]];
        let steps = nodes.len() - 1;
        let mut cost = -losses.total();
        for start in (0..steps).step_by(CHECKED) {
            monitor.check()?;
            let part = &nodes[start..=steps.min(start + CHECKED)];
            cost += part.windows(2).map(step).sum::<Cost>();
        }
        Ok(Self { nodes, cost })
    }

    /// The path whose last step before each `b` starts at `origins[b]`.
    pub(super) fn back(losses: &Losses, origins: &[u32], monitor: &Monitor) -> Result<Self> {
        let mut nodes = vec![losses.n()];
        let mut b = losses.n();
        while b > 0 {
            b = origins[b] as usize;
            nodes.push(b);
            if nodes.len().is_multiple_of(CHECKED) {
                monitor.check()?;
            }
        }
        nodes.reverse();
        Self::through(losses, nodes, monitor)
    }

    /// Number of steps.
    pub(super) fn steps(&self) -> usize {
        self.nodes.len() - 1
    }

    /// Sizes of the steps, in the order of time, of a schedule whose excess is the cost of this path
    /// or less.
    pub(super) fn into_sizes(self, losses: &Losses, monitor: &Monitor) -> Result<Vec<usize>> {
        let nodes = if losses.is_monotone() {
            self.nodes
        } else {
            losses.settle(&self.nodes, monitor)?
        };
        monitor.check()?;
        Ok(nodes.windows(2).map(|e| e[1] - e[0]).collect())
    }
}

/// Given two schedules that are optimal for the same price, one of exactly `steps` steps, strictly
/// between theirs, that is optimal for this price too (Aggarwal, Schieber, Tokuyama 1994).
///
/// Let `p` be the path of `few` and `q` that of `many`, and `d = steps - few.steps()`. At `i = 0`
/// we have `p_i <= q_{i+d}`; at `i = few.steps()` it fails, for `p_i = n`. So there is an `i` with
/// `p_i <= q_{i+d} < q_{i+d+1} < p_{i+1}`. Exchanging the two edges between these nodes, which are
/// nested, gives the paths
///
/// ```text
/// q_0 .. q_{i+d} p_{i+1} .. n   of few.steps() + d = steps steps,
/// p_0 .. p_i q_{i+d+1} .. n     of many.steps() - d steps,
/// ```
///
/// and by the quadrangle inequality `w(q_j, p_{i+1}) + w(p_i, q_{j+1}) <= w(p_i, p_{i+1}) +
/// w(q_j, q_{j+1})`, `j = i + d`, the two together cost at most what `few` and `many` cost together.
/// Neither can be cheaper than the optimum for the price, so both attain it. The inequality holds for
/// losses that never increase because `w(p, c) - w(p, b) = sum_{b <= j < c} (h_p - h_j)` never
/// increases with `p`.
pub(super) fn splice(
    losses: &Losses,
    few: &Path,
    many: &Path,
    steps: usize,
    monitor: &Monitor,
) -> Result<Path> {
    let (p, q) = (&few.nodes, &many.nodes);
    let d = steps - few.steps();
    let after = (1..p.len())
        .find(|&i| p[i] > q[i + d])
        .expect("the last node of one path lies beyond an inner node of the other");
    let nodes = [&q[..after + d], &p[after..]].concat();
    Path::through(losses, nodes, monitor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::schedule as reference;
    use proptest::prelude::*;

    /// Every schedule that is optimal for the price, by full enumeration.
    fn optima(losses: &Losses, price: Cost) -> Vec<Path> {
        let priced = |path: &Path| path.cost + price * path.steps() as Cost;
        let paths: Vec<Path> = reference::schedules(losses.n())
            .map(|sizes| {
                let ends = sizes.iter().scan(0, |b, size| {
                    *b += size;
                    Some(*b)
                });
                let nodes = std::iter::once(0).chain(ends).collect();
                Path::through(losses, nodes, &Monitor::new()).unwrap()
            })
            .collect();
        let least = paths.iter().map(priced).min().unwrap();
        paths.into_iter().filter(|p| priced(p) == least).collect()
    }

    /// Splices all pairs of optima for the price and returns how many splices there were.
    fn splice_all(losses: &Losses, price: Cost) -> usize {
        let optima = optima(losses, price);
        let mut splices = 0;
        for few in &optima {
            for many in &optima {
                for steps in few.steps() + 1..many.steps() {
                    let path = splice(losses, few, many, steps, &Monitor::new()).unwrap();
                    assert_eq!(path.steps(), steps);
                    assert!(path.nodes.is_sorted_by(|a, b| a < b));
                    assert_eq!((path.nodes[0], path.nodes[steps]), (0, losses.n()));
                    let gone = price * (steps - few.steps()) as Cost;
                    assert_eq!(path.cost, few.cost - gone);
                    splices += 1;
                }
            }
        }
        splices
    }

    #[test]
    fn optimal_schedules_splice_to_optimal_ones() {
        // Four plateaus with equal drops: the frontier is linear from 1 to 4 steps, then flat.
        let h = [3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 0.0, 0.0];
        let losses = Losses::new(&h, &Monitor::new()).unwrap();
        let unit = losses.floor()[5];
        assert!(splice_all(&losses, 0) > 0);
        let splices: usize = (1..12).map(|price| splice_all(&losses, unit * price)).sum();
        assert!(splices > 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn splices_of_random_curves_are_optimal(h in reference::tied_curve(9), price in 0..6i128) {
            // The losses are integers: a loss of 1 would be this level.
            let mut h = h;
            h.push(-1.0);
            let losses = Losses::new(&h, &Monitor::new()).unwrap();
            let unit = -losses.floor()[losses.n() - 1];
            splice_all(&losses, unit * price);
        }
    }
}
