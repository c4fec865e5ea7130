//! The kernel on every path of this machine against the scalar loop over the library logarithm, in
//! the first cache: nanoseconds a term, and how many times faster than that loop.

mod fastest;

use std::hint::black_box;

use fastest::Fastest;
use unmask_core::kernel;

/// Cells that fit in the first cache.
const CELLS: usize = 2048;

/// Runs timed together, so that the clock does not matter.
const RUNS: usize = 20;

/// Rounds, of which the fastest counts.
const ROUNDS: usize = 1000;

fn main() {
    let x: Vec<f64> = (0..CELLS)
        .map(|k| (k as f64 * 0.618).fract() / CELLS as f64 + 1e-9)
        .collect();
    let kernels = kernel::available();
    let mut scalar = Fastest::NEVER;
    let mut sums = vec![Fastest::NEVER; kernels.len()];
    let mut leaves = sums.clone();
    let mut out = [0.0; 8];
    for _ in 0..ROUNDS {
        scalar.time(|| {
            for _ in 0..RUNS {
                black_box(black_box(&x).iter().map(|&x| x * x.ln()).sum::<f64>());
            }
        });
        for (kernel, (sum, leaf)) in kernels.iter().zip(sums.iter_mut().zip(&mut leaves)) {
            sum.time(|| {
                for _ in 0..RUNS {
                    black_box((kernel.x_ln_x.sum)(black_box(&x)));
                }
            });
            leaf.time(|| {
                for _ in 0..RUNS {
                    (kernel.x_ln_x.leaf)(black_box(&x), &[2, 2, 2], CELLS / 8, &mut out);
                }
            });
        }
    }
    // 27 terms from eight cells.
    let per_term = |fastest: Fastest, terms: usize| fastest.processor * 1e9 / (RUNS * terms) as f64;
    let scalar = per_term(scalar, CELLS);
    println!("scalar libm: {scalar:.3} ns a term");
    for (kernel, (sum, leaf)) in kernels.iter().zip(sums.into_iter().zip(leaves)) {
        let (sum, leaf) = (per_term(sum, CELLS), per_term(leaf, CELLS / 8 * 27));
        println!(
            "{}: {sum:.3} ns a term, {:.1} times faster; in the leaf of three binary coordinates \
             {leaf:.3} ns",
            kernel.name,
            scalar / sum,
        );
    }
}
