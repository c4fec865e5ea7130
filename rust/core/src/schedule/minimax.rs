//! The shortest schedule for what is known: multipliers are searched, not schedules.
//!
//! By duality ([`worst_case()`]) a schedule has worst case at most `eps` if and only if some
//! multipliers `y >= 0` with `y . bounds <= eps` pay for each of its steps, and for given
//! multipliers the longest steps are best ([`longest`]). So the shortest schedule is
//! the shortest over the simplex `y . bounds = eps`. The number of steps is piecewise constant
//! there and not unimodal.
//!
//! Branch and bound: the simplex, or two of its faces that hold the best multipliers
//! ([`alternatives`]), is halved again and again along its longest edge. Longest steps
//! that *any* corner of a cell pays for are a lower bound for all multipliers in the cell. Cells
//! whose bound is no better than what is known are dropped. Where a bound can be attained it often
//! is so on a face of the cell or at one point, where lengths land on integers; then the schedule of
//! the bound itself, or the longest steps for the dual optimum of its worst case, attain it.
//!
//! The least worst case in a given number of steps is found by bisection over `eps`.

use super::cell::Cell;
use super::greedy::{ROUNDING, count, longest};
use super::knowns::{FUNCTIONALS, Knowns, PerFunctional, alternatives};
use super::worst_case::{Program, WorstCase, worst_case};
use crate::error::{Error, Result};
use crate::monitor::Monitor;

/// Worst cases are minimised to within this share of themselves.
const GAP: f64 = 1e-9;

/// Halvings between two looks at the schedule of a bound, which takes about ten passes.
const LOOK_EVERY: u32 = 3;

/// Most steps of a schedule.
pub(super) const MAX_STEPS: usize = 20_000_000;

/// Steps of longest schedules after which a search gives up proving that none is shorter: some
/// twenty seconds.
const MAX_OPERATIONS: u64 = 5_000_000_000;

/// A schedule and its guarantee.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimax {
    /// Sizes of the steps, in the order of time.
    pub sizes: Vec<usize>,
    /// Its worst case over all distributions within what is known.
    pub worst_case: WorstCase,
    /// Whether the search was exhaustive, so that none is shorter (or better).
    pub proven: bool,
}

/// The schedule with the fewest steps whose worst case is at most `max_kl`, and among those the one
/// with the least worst case.
pub fn minimax_with_tolerance(known: &Knowns, max_kl: f64, monitor: &Monitor) -> Result<Minimax> {
    if max_kl.is_nan() || max_kl <= 0.0 {
        let problem = format!("is {max_kl}, expected a finite number of nats > 0");
        return Err(Error::invalid("max_kl", problem));
    }
    let mut search = Search::new(known, monitor);
    if known.nothing_to_lose() {
        return search.finish(vec![known.n]);
    }
    let rates = search.rates(max_kl);
    let mut steps = MAX_STEPS + 1;
    let mut best = [[0.0; FUNCTIONALS]];
    for corner in search.wholes.iter().flat_map(|cell| &cell.corners) {
        let multipliers = [times(corner, &rates)];
        let found = count(known.n, &multipliers, steps - 1, monitor)?;
        if found < steps {
            (steps, best) = (found, multipliers);
        }
    }
    if steps > MAX_STEPS {
        let problem = format!("is {max_kl}, for which over {MAX_STEPS} steps are needed");
        return Err(Error::invalid("max_kl", problem));
    }
    let mut sizes = Vec::new();
    longest(known.n, &best, &mut sizes, monitor)?;
    while sizes.len() > 1 {
        let Some(shorter) = search.find(sizes.len() - 1, max_kl)? else {
            break;
        };
        sizes = shorter;
    }
    search.improve(sizes)
}

/// The schedule with the least worst case in at most so many steps.
pub fn minimax_with_steps(known: &Knowns, steps: usize, monitor: &Monitor) -> Result<Minimax> {
    if steps == 0 || steps > known.n.min(MAX_STEPS) {
        let most = known.n.min(MAX_STEPS);
        let problem = format!("is {steps}, expected 1..{most}");
        return Err(Error::invalid("steps", problem));
    }
    let search = Search::new(known, monitor);
    if known.nothing_to_lose() {
        return search.finish(vec![known.n]);
    }
    let (size, larger) = (known.n / steps, known.n % steps);
    let even = (0..steps).map(|t| size + usize::from(t < larger));
    search.improve(even.collect())
}

/// Component by component.
fn times(a: &PerFunctional, b: &PerFunctional) -> PerFunctional {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]]
}

/// What searches share.
struct Search<'a> {
    known: &'a Knowns,
    monitor: &'a Monitor,
    /// Simplices that hold the best multipliers.
    wholes: Vec<Cell>,
    program: Program,
    operations: u64,
}

impl<'a> Search<'a> {
    fn new(known: &'a Knowns, monitor: &'a Monitor) -> Self {
        Self {
            known,
            monitor,
            wholes: alternatives(known)
                .iter()
                .map(|set| Cell::whole(set))
                .collect(),
            program: Program::default(),
            operations: 0,
        }
    }

    /// Multipliers that the whole budget buys of each functional. More than `4 n` of any pays for
    /// revealing everything at once.
    fn rates(&self, budget: f64) -> PerFunctional {
        let most = 4.0 * self.known.n as f64;
        let mut rates = [0.0; FUNCTIONALS];
        for (rate, bound) in rates.iter_mut().zip(self.known.bounds) {
            *rate = (budget / bound).min(most);
        }
        rates
    }

    /// A schedule of at most `limit` steps with worst case at most `budget`, if there is one.
    fn find(&mut self, limit: usize, budget: f64) -> Result<Option<Vec<usize>>> {
        let n = self.known.n;
        let rates = self.rates(budget);
        let mut sizes = Vec::new();
        let mut cells = self.wholes.clone();
        let mut corners = Vec::new();
        while let Some(cell) = cells.pop() {
            self.monitor.check()?;
            if self.operations > MAX_OPERATIONS {
                return Ok(None);
            }
            corners.clear();
            corners.extend(cell.corners.iter().map(|corner| times(corner, &rates)));
            let bound = count(n, &corners, limit, self.monitor)?;
            self.operations += (bound * corners.len()) as u64;
            if bound > limit {
                continue;
            }
            let center = [times(&cell.center(), &rates)];
            self.operations += bound as u64;
            if count(n, &center, limit, self.monitor)? <= limit {
                longest(n, &center, &mut sizes, self.monitor)?;
                return Ok(Some(sizes));
            }
            if cell.depth % LOOK_EVERY == 0 {
                longest(n, &corners, &mut sizes, self.monitor)?;
                self.program.load(self.known, &sizes);
                let worst = self.program.solve(self.known, self.monitor)?;
                self.operations += 20 * bound as u64;
                if worst.value <= budget * (1.0 + ROUNDING) {
                    return Ok(Some(sizes));
                }
                let stretch = budget / worst.value;
                let duals = [worst.multipliers.map(|y| y * stretch)];
                if count(n, &duals, limit, self.monitor)? <= limit {
                    longest(n, &duals, &mut sizes, self.monitor)?;
                    return Ok(Some(sizes));
                }
            }
            cells.extend(cell.halves().into_iter().flatten());
        }
        Ok(None)
    }

    /// The schedule with the least worst case of no more steps than one that is given.
    fn improve(mut self, mut sizes: Vec<usize>) -> Result<Minimax> {
        let limit = sizes.len();
        let mut high = worst_case(self.known, &sizes, self.monitor)?.value;
        // Where not every step is of one token, one pays at least 1 for some unit threshold.
        let mut low = if limit < self.known.n {
            let least = self
                .known
                .bounds
                .iter()
                .fold(f64::INFINITY, |m, &x| m.min(x));
            least / self.known.n as f64
        } else {
            high
        };
        let mut hasty = false;
        while low < high * (1.0 - GAP) {
            let budget = if hasty {
                high * (1.0 - GAP)
            } else if high > 4.0 * low {
                low.sqrt() * high.sqrt()
            } else {
                low + (high - low) / 2.0
            };
            match self.find(limit, budget)? {
                Some(better) => {
                    sizes = better;
                    high = worst_case(self.known, &sizes, self.monitor)?
                        .value
                        .min(budget);
                    hasty = false;
                }
                None if self.operations > MAX_OPERATIONS => break,
                None => {
                    low = budget;
                    hasty = !hasty;
                }
            }
        }
        self.finish(sizes)
    }

    fn finish(self, sizes: Vec<usize>) -> Result<Minimax> {
        Ok(Minimax {
            worst_case: worst_case(self.known, &sizes, self.monitor)?,
            sizes,
            proven: self.operations <= MAX_OPERATIONS,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::minimax as reference;
    use crate::reference::schedule::schedules;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn none_is_shorter_or_better(
            n in 1..9usize,
            bounds in reference::bounds(),
            share in 0.02..1.0f64,
        ) {
            let known = Knowns::new(n, bounds).unwrap();
            let monitor = Monitor::new();
            let worst = |sizes: &[usize]| worst_case(&known, sizes, &monitor).unwrap().value;
            let max_kl = share * worst(&[n]).max(0.1);
            let found = minimax_with_tolerance(&known, max_kl, &monitor).unwrap();
            prop_assert!(found.proven);
            prop_assert_eq!(found.sizes.iter().sum::<usize>(), n);
            prop_assert!(found.worst_case.value <= max_kl * (1.0 + ROUNDING));
            let mut least = vec![f64::INFINITY; n + 1];
            for sizes in schedules(n) {
                let k = sizes.len();
                least[k] = least[k].min(worst(&sizes));
            }
            for k in 1..=n {
                least[k] = least[k].min(least[k - 1]);
            }
            let shortest = (1..=n).find(|&k| least[k] <= max_kl).unwrap();
            prop_assert_eq!(found.sizes.len(), shortest);
            for (steps, &least) in least.iter().enumerate().skip(1) {
                let found = minimax_with_steps(&known, steps, &monitor).unwrap();
                prop_assert!(found.sizes.len() <= steps);
                prop_assert!(found.worst_case.value <= least * (1.0 + 2.0 * GAP));
            }
        }
    }

    #[test]
    fn published_bounds_take_few_steps() {
        let none = f64::INFINITY;
        for (n, bounds, max_kl, steps) in [
            (256, [0.693, none, none, none], 0.5, 6),
            (1024, [10.0, 10.0, none, none], 0.5, 40),
            (1024, [10.0, 10.0, none, none], 0.1, 171),
            (4096, [100.0, 50.0, none, none], 1.0, 136),
        ] {
            let known = Knowns::new(n, bounds).unwrap();
            let found = minimax_with_tolerance(&known, max_kl, &Monitor::new()).unwrap();
            assert!(found.proven);
            assert!(found.sizes.len() <= steps, "{} {steps}", found.sizes.len());
        }
    }

    #[test]
    fn stops_when_it_is_cancelled() {
        let known = Knowns::new(1 << 20, [30.0, 20.0, 1.0, 9.0]).unwrap();
        let monitor = Monitor::new();
        monitor.cancel();
        let stopped = minimax_with_tolerance(&known, 0.5, &monitor);
        assert_eq!(stopped, Err(Error::Interrupted));
    }
}
