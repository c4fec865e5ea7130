//! Worst cases and shortest schedules by enumeration.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::schedule::Knowns;

/// What a unit threshold at `m` has of each functional.
fn loads(n: usize, m: usize) -> [f64; 4] {
    let (n, m) = (n as f64, m as f64);
    [n - m, m, 1.0, m * (n - m) / n]
}

/// Largest `sum_m w_m e_m` within the bounds: over all vertices of the dual polyhedron, each where as
/// many constraints are tight as there are bounds.
pub(crate) fn worst_case(known: &Knowns, sizes: &[usize]) -> f64 {
    let n = known.n;
    let rows: Vec<usize> = (0..4).filter(|&i| known.bounds[i].is_finite()).collect();
    let mut constraints: Vec<(Vec<f64>, f64)> = Vec::new();
    for r in 0..rows.len() {
        let unit = (0..rows.len()).map(|i| f64::from(i == r)).collect();
        constraints.push((unit, 0.0));
    }
    let mut a = 0;
    for size in sizes {
        for m in a + 1..a + size {
            let load = loads(n, m);
            let row = rows.iter().map(|&i| load[i]).collect();
            constraints.push((row, (a + size - m) as f64));
        }
        a += size;
    }
    let bounds: Vec<f64> = rows.iter().map(|&i| known.bounds[i]).collect();
    let mut least = f64::INFINITY;
    choose(constraints.len(), rows.len(), &mut |chosen| {
        let matrix = chosen.iter().map(|&c| constraints[c].0.clone()).collect();
        let right = chosen.iter().map(|&c| constraints[c].1).collect();
        let Some(y) = gauss(matrix, right) else {
            return;
        };
        let holds = constraints.iter().all(|(row, right)| {
            let left: f64 = row.iter().zip(&y).map(|(a, b)| a * b).sum();
            left >= right - 1e-9 * right.max(1e-3)
        });
        if holds {
            let value = y.iter().zip(&bounds).map(|(a, b)| a * b).sum();
            least = f64::min(least, value);
        }
    });
    least.max(0.0)
}

/// Calls `visit` with all subsets of `size` of `count`.
fn choose(count: usize, size: usize, visit: &mut impl FnMut(&[usize])) {
    fn go(
        from: usize,
        count: usize,
        size: usize,
        chosen: &mut Vec<usize>,
        visit: &mut impl FnMut(&[usize]),
    ) {
        if chosen.len() == size {
            return visit(chosen);
        }
        for next in from..count {
            chosen.push(next);
            go(next + 1, count, size, chosen, visit);
            chosen.pop();
        }
    }
    go(0, count, size, &mut Vec::new(), visit);
}

fn gauss(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let d = b.len();
    for j in 0..d {
        let pivot = (j..d).max_by(|&x, &y| a[x][j].abs().total_cmp(&a[y][j].abs()))?;
        a.swap(j, pivot);
        b.swap(j, pivot);
        if a[j][j].abs() < 1e-9 {
            return None;
        }
        for i in 0..d {
            if i != j {
                let factor = a[i][j] / a[j][j];
                let above = a[j].clone();
                for (cell, over) in a[i].iter_mut().zip(above) {
                    *cell -= factor * over;
                }
                b[i] -= factor * b[j];
            }
        }
    }
    Some((0..d).map(|j| b[j] / a[j][j]).collect())
}

/// Bounds of which at least one is known, some of them redundant.
pub(crate) fn bounds() -> impl Strategy<Value = [f64; 4]> {
    let bound = prop_oneof![
        3 => 0.05..20.0f64,
        2 => (1..40u8).prop_map(|x| f64::from(x) / 4.0),
        2 => Just(f64::INFINITY),
    ];
    vec(bound, 4).prop_map(|drawn| {
        let mut bounds = [drawn[0], drawn[1], drawn[2], drawn[3]];
        if bounds.iter().all(|bound| bound.is_infinite()) {
            bounds[0] = 1.0;
        }
        bounds
    })
}

/// What is known, and a schedule of up to `n` tokens.
pub(crate) fn problem(n: usize) -> impl Strategy<Value = (Knowns, Vec<usize>)> {
    (bounds(), super::schedule::scheduled_curve(n))
        .prop_map(|(bounds, (h, sizes))| (Knowns::new(h.len(), bounds).unwrap(), sizes))
}
