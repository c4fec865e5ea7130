//! The lower envelope of lines whose slopes never increase.
//!
//! A later line is at most as steep, so once it is the lowest it stays below all earlier ones. The
//! lines that are the lowest somewhere ahead form a queue ordered by the point where each takes
//! over: queries move its head, insertions remove lines from its tail that would take over too late.
//! Insertions and queries take `O(1)` each on average.

use super::losses::Cost;

/// The line `b -> intercept + slope b`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) slope: Cost,
    pub(super) intercept: Cost,
    /// What the line stands for.
    pub(super) origin: u32,
}

/// A line that is the lowest of the queue from `from` until its successor takes over.
#[derive(Debug)]
struct Reign {
    line: Line,
    from: u32,
}

/// The minimum over a growing set of lines at increasing points.
#[derive(Debug, Default)]
pub(super) struct Hull {
    reigns: Vec<Reign>,
    head: usize,
    n: u32,
}

impl Hull {
    /// Forgets all lines and makes ready for queries up to `n`.
    pub(super) fn reset(&mut self, n: usize) {
        self.reigns.clear();
        self.head = 0;
        self.n = n as u32;
    }

    /// Adds a line that is at most as steep as those before.
    #[inline]
    pub(super) fn insert(&mut self, line: Line) {
        let mut from = 0;
        while self.head < self.reigns.len() {
            let last = &self.reigns[self.reigns.len() - 1];
            from = takeover(&last.line, &line, self.n);
            if from > last.from {
                break;
            }
            self.reigns.pop();
        }
        if from <= self.n {
            self.reigns.push(Reign { line, from });
        }
    }

    /// The lowest value at `b`, at or after the point of the last query, and the origin of a line
    /// that has it. There must be a line.
    #[inline]
    pub(super) fn lowest(&mut self, b: usize) -> (Cost, u32) {
        while self
            .reigns
            .get(self.head + 1)
            .is_some_and(|r| r.from <= b as u32)
        {
            self.head += 1;
        }
        let line = &self.reigns[self.head].line;
        (line.intercept + line.slope * b as Cost, line.origin)
    }
}

/// The first `b` at which `new` is not above `old`, which is at least as steep; anything above `n`
/// if there is none up to `n`.
#[inline]
fn takeover(old: &Line, new: &Line, n: u32) -> u32 {
    let gap = new.intercept - old.intercept;
    let gain = old.slope - new.slope;
    if gap <= 0 {
        return 0;
    }
    // The first b with gain * b >= gap. The quotient of doubles is within 1e-5 of the true one if
    // that is below 2^32, so only the integer nearest to it needs an exact comparison.
    let quotient = float(gap) / float(gain);
    if quotient > f64::from(n) + 1.0 {
        return n + 1;
    }
    let nearest = (quotient + 0.5) as u32;
    nearest + u32::from(gain * Cost::from(nearest) < gap)
}

/// A double beside `x >= 0`, from its 63 leading bits. Half of the time of a sweep is this and the
/// quotient, and a cast of `x`, which looks at all bits, would make it a quarter longer.
#[inline(always)]
fn float(x: Cost) -> f64 {
    let x = x as u128;
    let zeros = x.leading_zeros();
    let leading = (x << (zeros % 128) >> 65) as i64;
    let scale = f64::from_bits(u64::from(1023 + 65 - zeros) << 52); // 2^(65 - zeros)
    leading as f64 * scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(slope: Cost, intercept: Cost) -> Line {
        Line {
            slope,
            intercept,
            origin: 0,
        }
    }

    #[test]
    fn equal_slopes_never_cross() {
        assert_eq!(takeover(&line(3, 5), &line(3, 5), 10), 0);
        assert_eq!(takeover(&line(3, 5), &line(3, 4), 10), 0);
        assert!(takeover(&line(3, 5), &line(3, 6), 10) > 10);
    }

    #[test]
    fn float_is_near() {
        assert_eq!(float(0), 0.0);
        for bit in 0..127 {
            for x in [1 << bit, (1 << bit) | 1 << (bit / 2), (1 << bit) - 1] {
                let exact = x as f64;
                assert!((float(x) - exact).abs() <= 4e-16 * exact);
            }
        }
    }

    proptest! {
        // Crossings just beside an integer, where the quotient of doubles cannot tell.
        #[test]
        fn takeover_is_exact(
            gain in 1i128..1 << 88, at in 1..u32::MAX - 1, off in -1..=1i128, shift in 0..64u32,
        ) {
            let gain = (gain >> shift).max(2);
            let gap = gain * Cost::from(at) + off;
            let expected = at + u32::from(off > 0);
            prop_assert_eq!(takeover(&line(gain, 7), &line(0, 7 + gap), u32::MAX - 1), expected);
        }

        #[test]
        fn takeover_is_the_first_point_not_above(
            old in 0..50i128, gain in 0..50i128, gap in -100..1000i128,
        ) {
            let (old, new) = (line(old + gain, 0), line(old, gap));
            let at = |line: &Line, b: u32| line.intercept + line.slope * Cost::from(b);
            let first = (0..=30).find(|&b| at(&new, b) <= at(&old, b)).unwrap_or(31);
            prop_assert_eq!(takeover(&old, &new, 30).min(31), first);
        }
    }
}
