//! The tasks of a step.

use std::ops::RangeInclusive;

use crate::sampler::spread::Choice;

/// First tokens by which sets are classed, at most: 32 classes.
const FIRST: usize = 5;

/// Sets of tokens by which of the first tokens they have: the tasks of a step, each of which has sets
/// of its own.
pub(super) struct Classes {
    n: usize,
    /// Number of first tokens.
    first: usize,
    /// The largest first: they take longest.
    pub classes: Vec<usize>,
    /// Number of sets of a class, of all sizes.
    pub sets: usize,
}

impl Classes {
    /// The classes that have sets of these sizes.
    pub fn new(n: usize, sizes: RangeInclusive<usize>) -> Self {
        let first = (n / 2).min(FIRST);
        let reaches = |class: &usize| {
            let tokens = class.count_ones() as usize;
            tokens <= *sizes.end() && tokens + n - first >= *sizes.start()
        };
        let mut classes: Vec<usize> = (0..1 << first).filter(reaches).collect();
        classes.sort_by_key(|class| std::cmp::Reverse(class.count_ones()));
        Self {
            n,
            first,
            classes,
            sets: 1 << (n - first),
        }
    }

    /// Number of a set among those of its class.
    pub fn place(&self, set: usize) -> usize {
        set >> self.first
    }

    pub fn set(&self, class: usize, place: usize) -> usize {
        place << self.first | class
    }

    /// How to get from `a` into a class, by drawing so many tokens.
    pub fn choice(&self, a: usize, class: usize, draws: RangeInclusive<usize>) -> Option<Choice> {
        let firsts = (1 << self.first) - 1;
        let fixed = class & !a;
        (a & firsts & !class == 0 && fixed.count_ones() as usize <= *draws.end()).then(|| Choice {
            fixed,
            free: !(a | firsts) & ((1 << self.n) - 1),
            least: *draws.start(),
            most: *draws.end(),
        })
    }
}
