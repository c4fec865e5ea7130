//! The kernel on every path of this machine against the scalar loop over the library logarithm.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use unmask_core::kernel;

/// Cells that fit in the first cache.
const CELLS: usize = 2048;

fn x_ln_x(c: &mut Criterion) {
    let x: Vec<f64> = (0..CELLS)
        .map(|k| (k as f64 * 0.618).fract() / CELLS as f64 + 1e-9)
        .collect();
    let mut group = c.benchmark_group("sum x ln x, 2048 cells");
    group.throughput(Throughput::Elements(CELLS as u64));
    for kernel in kernel::available() {
        group.bench_function(kernel.name, |b| {
            b.iter(|| (kernel.x_ln_x.sum)(black_box(&x)).value())
        });
    }
    group.bench_function("scalar libm", |b| {
        b.iter(|| black_box(&x).iter().map(|&x| x * x.ln()).sum::<f64>())
    });
    group.finish();

    let mut group = c.benchmark_group("leaf of three binary coordinates, 27 * 256 terms");
    group.throughput(Throughput::Elements(27 * 256));
    for kernel in kernel::available() {
        group.bench_function(kernel.name, |b| {
            let mut out = [0.0; 8];
            b.iter(|| (kernel.x_ln_x.leaf)(black_box(&x), &[2, 2, 2], CELLS / 8, &mut out))
        });
    }
    group.finish();
}

criterion_group!(benches, x_ln_x);
criterion_main!(benches);
