//! One source of a shortest-path layer: plain loops that the compiler widens to the registers of the
//! shell that they end up in. Minima and single sums are the same on every path.

/// Entries of a row that are handled together: the widest register.
pub const ROW: usize = 8;

/// See [`Kernel::relax`](super::Kernel::relax).
#[inline(always)]
pub(super) fn relax(
    row: &[[f64; ROW]],
    raises: &[f64],
    first: usize,
    a: usize,
    width: usize,
    rows: &mut [f64],
) {
    match *row {
        [x] => run(&[x], raises, first, a, width, rows),
        [x, y] => run(&[x, y], raises, first, a, width, rows),
        [x, y, z] => run(&[x, y, z], raises, first, a, width, rows),
        _ => run_any(row, raises, first, a, width, rows),
    }
}

#[inline(always)]
fn run<const V: usize>(
    row: &[[f64; ROW]; V],
    raises: &[f64],
    first: usize,
    a: usize,
    width: usize,
    rows: &mut [f64],
) {
    run_any(row, raises, first, a, width, rows);
}

#[inline(always)]
fn run_any(
    row: &[[f64; ROW]],
    raises: &[f64],
    first: usize,
    a: usize,
    width: usize,
    rows: &mut [f64],
) {
    let mut b = first;
    for &raise in raises {
        let (lowered, _) = rows[b * width..].as_chunks_mut::<ROW>();
        for (lowered, row) in lowered[..row.len()].iter_mut().zip(row) {
            for k in 0..ROW {
                let value = row[k] + raise;
                lowered[k] = if value < lowered[k] {
                    value
                } else {
                    lowered[k]
                };
            }
        }
        b = (b + 1) | a;
    }
}
