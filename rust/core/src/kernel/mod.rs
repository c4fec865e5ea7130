//! Sums of `x ln x` over the cells of tables: the inner loop of everything.
//!
//! The exact curve of a table with `q^n` cells needs one `x ln x` for each of its `(1 + q)^n`
//! marginal probabilities, so the rate of this kernel is the speed limit of the whole package. Each
//! kernel is written once ([`leaf`], [`wide`], [`drop_each`], [`sum_out`]) over a small abstraction
//! of a register of doubles ([`lanes`]); a shell for each instruction set ([`avx512`], [`avx2`],
//! [`portable`]) says how that register computes. The best set that the machine has is chosen at run
//! time, once. What is written once is `#[inline(always)]`, so that it is compiled with the
//! instructions of the shell that it ends up in.
//!
//! The error of a single `x ln x` is at most `4e-16 max(x, |x ln x|) + 5e-324` on every path, zeros
//! are exact, and subnormal numbers are numbers like any other. Sums are compensated. This module
//! holds the only unsafe code of the crate.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod cores;
mod drop_each;
mod lanes;
mod leaf;
mod logarithm;
mod mix;
mod portable;
mod relax;
mod runs;
mod spread;
mod sum_out;
mod term;
#[cfg(test)]
mod tests;
mod thin;
mod wide;

use std::sync::OnceLock;

pub use mix::Mix;
pub use relax::ROW;
pub use spread::Index;

use crate::sum::Sum;
use term::{Identity, Positive, Singleton, XLnX};

/// The kernels, compiled for one instruction set.
pub struct Kernel {
    /// Name of the instruction set.
    pub name: &'static str,
    /// `(src, q, inner, dst)`: sums a coordinate out. `src` is read as an array of shape
    /// `(outer, q, inner)` and `dst`, of shape `(outer, inner)`, gets the sums over the middle axis.
    pub sum_out: fn(&[f64], usize, usize, &mut [f64]),
    /// Sum of all cells.
    pub mass: fn(&[f64]) -> Sum,
    /// Sums of `x ln x`.
    pub x_ln_x: Terms,
    /// Numbers of positive cells.
    pub positive: Terms,
    /// Numbers of cells that hold exactly one.
    pub singleton: Terms,
    /// `(p, counts, total)`: takes one token out of `total` at random. `p[k]` is the probability
    /// that `counts[k]` of them are ones, for successive counts, and becomes that of so many ones
    /// among the others. The last cell knows no neighbour and is left as it is.
    pub thin: fn(&mut [f64], &[f64], f64),
    /// `(p, up, down)`: the sums of `p` and of `p (up + down)`.
    pub weigh: Weigh,
    /// `(row, raises, first, a, width, rows)`: lowers rows of `width` entries each to those of `row`
    /// raised by a number: the first raise is for the row numbered `first`, the next for the
    /// following number that contains all bits of `a`, and so on.
    pub relax: Relax,
    /// `(x, factors, out)`: multiplies successive stretches of `x`, as long as `factors`, by them.
    pub multiply: fn(&[f64], &[f64], &mut [f64]),
    /// `(x, from, out)`: adds to each cell the entry of `x` that the index says.
    pub collect: fn(&[f64], &Index, &mut [f64]),
    /// `(u, rows, coefficients, mix, lanes, out)`: products of matrices, in lanes. Reads `u` as an array
    /// of shape `(rows, columns, LANES)`; the sum over the terms of each target of a column of `u` times
    /// a coefficient is added to the cell at the target's place, further by those of the row and the
    /// lane.
    pub mix: MixRows,
}

/// See [`Kernel::relax`].
pub type Relax = fn(&[[f64; ROW]], &[f64], usize, usize, usize, &mut [f64]);

/// A pair of sums over three slices of one length.
pub type Weigh = fn(&[f64], &[f64], &[f64]) -> (f64, f64);

/// See [`Kernel::mix`].
pub type MixRows = fn(&[f64], &[usize], &[[f64; LANES]], &Mix, &[usize], &mut [f64]);

/// The ways in which a function is summed over cells.
pub struct Terms {
    /// Sum over all cells.
    pub sum: fn(&[f64]) -> Sum,
    /// `(src, shape, block, out)`: `src` is a table over the coordinates `shape`, outermost first,
    /// beside a contiguous block of `block` kept cells. Adds to `out[s]`, for every subset `s` of
    /// those coordinates (bit `k` for `shape[k]`), the sum over the cells of the marginal that
    /// keeps `s` and the block. What [`fusible`] says may be asked for.
    pub leaf: fn(&[f64], &[usize], usize, &mut [f64]),
    /// As `leaf`, but adds to `out[k]` the sum over the cells of the marginal that drops `shape[k]`
    /// and nothing else.
    pub drop_each: fn(&[f64], &[usize], usize, &mut [f64]),
}

/// Whether one [`Terms::leaf`] takes all the coordinates `shape` beside a block, and fills its
/// registers well enough to be worth it.
pub fn fusible(shape: &[usize], block: usize) -> bool {
    let (outer, core) = leaf::split(shape);
    let fits = match *core {
        [_, columns] => columns <= cores::MAX_COLUMNS,
        _ => true,
    };
    shape.is_empty() || fits && fills(block) && (outer.is_empty() || wide::fits(outer, core))
}

/// Whether one [`Terms::drop_each`] takes all the coordinates `shape` beside a block, and fills its
/// registers well enough to be worth it.
pub fn droppable(shape: &[usize], block: usize) -> bool {
    leaf::split(shape).0.is_empty() && fusible(shape, block)
}

/// Whether few lanes are lost at the end of a block: a sixth at most.
fn fills(block: usize) -> bool {
    5 * block.div_ceil(LANES) * LANES <= 6 * block
}

/// Most coordinates that one [`Terms::leaf`] takes.
pub const MAX_FUSED: usize = wide::MAX_OUTER + 3;

/// Registers added up lane by lane before their total goes into a [`Sum`]: long enough to hide the
/// cost of a total, short enough for plain additions to lose nothing that matters.
const CHUNK: usize = 64;

/// Lanes of the widest register, which all reckon with: the same on every machine.
pub const LANES: usize = 8;

/// Fills in a [`Kernel`] for `$lanes`, whose instructions `$feature` enables.
macro_rules! shell {
    ($name:literal, $lanes:ty $(, #[$feature:meta])?) => {{
        $(#[$feature])?
        fn sum_out(src: &[f64], q: usize, inner: usize, dst: &mut [f64]) {
            // SAFETY: this function is compiled for the instructions of the lanes.
            unsafe { sum_out::sum_out::<$lanes>(src, q, inner, dst) }
        }
        $(#[$feature])?
        fn mass(x: &[f64]) -> Sum {
            // SAFETY: this function is compiled for the instructions of the lanes.
            unsafe { leaf::sum::<$lanes, Identity>(x) }
        }
        $(#[$feature])?
        fn thin(p: &mut [f64], counts: &[f64], total: f64) {
            thin::thin(p, counts, total);
        }
        $(#[$feature])?
        fn weigh(p: &[f64], up: &[f64], down: &[f64]) -> (f64, f64) {
            thin::weigh(p, up, down)
        }
        $(#[$feature])?
        fn relax(
            row: &[[f64; ROW]],
            raises: &[f64],
            first: usize,
            a: usize,
            width: usize,
            rows: &mut [f64],
        ) {
            relax::relax(row, raises, first, a, width, rows);
        }
        $(#[$feature])?
        fn multiply(x: &[f64], factors: &[f64], out: &mut [f64]) {
            spread::multiply(x, factors, out);
        }
        $(#[$feature])?
        fn collect(x: &[f64], from: &Index, out: &mut [f64]) {
            spread::collect(x, from, out);
        }
        $(#[$feature])?
        fn mix(
            u: &[f64],
            rows: &[usize],
            coefficients: &[[f64; LANES]],
            mix: &Mix,
            lanes: &[usize],
            out: &mut [f64],
        ) {
            // SAFETY: this function is compiled for the instructions of the lanes.
            unsafe { mix::mix::<$lanes>(u, rows, coefficients, mix, lanes, out) }
        }
        macro_rules! terms {
            ($term:ty) => {{
                $(#[$feature])?
                fn sum(x: &[f64]) -> Sum {
                    // SAFETY: this function is compiled for the instructions of the lanes.
                    unsafe { leaf::sum::<$lanes, $term>(x) }
                }
                $(#[$feature])?
                fn leaf(src: &[f64], shape: &[usize], block: usize, out: &mut [f64]) {
                    if leaf::split(shape).0.is_empty() {
                        // SAFETY: this function is compiled for the instructions of the lanes.
                        unsafe { leaf::leaf::<$lanes, $term>(src, shape, block, out) }
                    } else {
                        wide_leaf(src, shape, block, out)
                    }
                }
                // Apart, for its large frame.
                $(#[$feature])?
                #[inline(never)]
                fn wide_leaf(src: &[f64], shape: &[usize], block: usize, out: &mut [f64]) {
                    // SAFETY: this function is compiled for the instructions of the lanes.
                    unsafe { leaf::wide_leaf::<$lanes, $term>(src, shape, block, out) }
                }
                $(#[$feature])?
                fn drop_each(src: &[f64], shape: &[usize], block: usize, out: &mut [f64]) {
                    // SAFETY: this function is compiled for the instructions of the lanes.
                    unsafe { drop_each::drop_each::<$lanes, $term>(src, shape, block, out) }
                }
                #[allow(unused_unsafe)]
                Terms {
                    // SAFETY: a kernel is handed out only where its instructions were detected.
                    sum: |x| unsafe { sum(x) },
                    // SAFETY: as above.
                    leaf: |src, shape, block, out| unsafe { leaf(src, shape, block, out) },
                    // SAFETY: as above.
                    drop_each: |src, shape, block, out| unsafe {
                        drop_each(src, shape, block, out)
                    },
                }
            }};
        }
        #[allow(unused_unsafe)]
        Kernel {
            name: $name,
            // SAFETY: as above.
            sum_out: |src, q, inner, dst| unsafe { sum_out(src, q, inner, dst) },
            // SAFETY: as above.
            mass: |x| unsafe { mass(x) },
            x_ln_x: terms!(XLnX),
            positive: terms!(Positive),
            singleton: terms!(Singleton),
            // SAFETY: as above.
            thin: |p, counts, total| unsafe { thin(p, counts, total) },
            // SAFETY: as above.
            weigh: |p, up, down| unsafe { weigh(p, up, down) },
            // SAFETY: as above.
            relax: |row, raises, first, a, width, rows| unsafe {
                relax(row, raises, first, a, width, rows)
            },
            // SAFETY: as above.
            multiply: |x, factors, out| unsafe { multiply(x, factors, out) },
            // SAFETY: as above.
            collect: |x, from, out| unsafe { collect(x, from, out) },
            // SAFETY: as above.
            mix: |u, rows, coefficients, terms, lanes, out| unsafe {
                mix(u, rows, coefficients, terms, lanes, out)
            },
        }
    }};
}

static PORTABLE: Kernel = shell!("portable", portable::Portable);

#[cfg(target_arch = "x86_64")]
static AVX2: Kernel = shell!("avx2", avx2::Avx2, #[target_feature(enable = "avx2,fma")]);

#[cfg(target_arch = "x86_64")]
static AVX512: Kernel =
    shell!("avx512", avx512::Avx512, #[target_feature(enable = "avx512f,avx512dq")]);

/// Every kernel that this machine can run, fastest first.
pub fn available() -> Vec<&'static Kernel> {
    let mut kernels = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") {
            kernels.push(&AVX512);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            kernels.push(&AVX2);
        }
    }
    kernels.push(&PORTABLE);
    kernels
}

/// The kernel in use: the fastest one, or the one that the environment variable `UNMASK_KERNEL`
/// names (for comparing paths; unknown names are ignored).
pub fn kernel() -> &'static Kernel {
    static CHOSEN: OnceLock<&'static Kernel> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let kernels = available();
        let wanted = std::env::var("UNMASK_KERNEL").unwrap_or_default();
        let named = kernels.iter().find(|kernel| kernel.name == wanted);
        *named.unwrap_or(&kernels[0])
    })
}
