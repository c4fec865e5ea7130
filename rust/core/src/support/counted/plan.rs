//! What counting classes costs, for each `K`.

use super::MOST;
use super::rows::Rows;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::sum::binomials;

/// Cost of a node of the walk, in terms of a table walk.
const NODE_COST: f64 = 100.0;

/// Cost of a row when a class is split, and of a word when two rows are compared.
const ROW_COST: f64 = 8.0;
const WORD_COST: f64 = 6.0;

/// Random subsets of each size from which the number of nodes is estimated.
const PROBES: usize = 24;

/// Predicted cost for each `K = 1 ..= MOST`; entry 0 is none.
///
/// A node with `m` columns kept is a subset of `m` columns and a class of its partition that every one
/// of them split: so many as there are in a random subset, `C(n, m)` times.
pub(super) fn operations(rows: &Rows, monitor: &Monitor) -> Result<[f64; MOST + 1]> {
    let n = rows.columns;
    let mut costs = [0.0; MOST + 1];
    costs[0] = f64::INFINITY;
    let mut sets = 1.0;
    for (k, cost) in costs.iter_mut().enumerate().skip(1) {
        sets *= (rows.len() as f64 - (k - 1) as f64).max(0.0) / k as f64;
        *cost = WORD_COST * rows.planes() as f64 * sets;
    }
    // A small linear congruential generator: the plan must be the same every time.
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    for size in 0..=n {
        let ways = binomials(n)[size].value() / PROBES as f64;
        let mut any = false;
        for _ in 0..PROBES {
            monitor.check()?;
            let mut columns: Vec<usize> = (0..n).collect();
            for k in 0..size {
                columns.swap(k, k + random(n - k));
            }
            columns.truncate(size);
            columns.sort_unstable();
            let later = columns.last().map_or(n, |last| n - 1 - last);
            for class in split_by_all(rows, &columns) {
                let count: u64 = class.iter().map(|&row| rows.counts[row as usize]).sum();
                for (k, cost) in costs.iter_mut().enumerate().skip(1) {
                    if count > k as u64 {
                        any = true;
                        *cost += ways * NODE_COST;
                    }
                    if count > k as u64 + 1 {
                        *cost += ways * ROW_COST * (class.len() * later) as f64;
                    }
                }
            }
        }
        if !any {
            break;
        }
    }
    Ok(costs)
}

/// Classes of several rows that every one of the columns splits further.
fn split_by_all(rows: &Rows, columns: &[usize]) -> Vec<Vec<u32>> {
    let mut classes = vec![(0..rows.len() as u32).collect::<Vec<u32>>()];
    for &column in columns {
        let mut parts = Vec::new();
        for mut class in classes {
            class.sort_by_key(|&row| rows.letter(row, column));
            let same = |&a: &u32, &b: &u32| rows.letter(a, column) == rows.letter(b, column);
            let whole = class.len();
            let split = class.chunk_by(same).filter(|part| part.len() < whole);
            parts.extend(split.filter(|part| part.len() > 1).map(<[u32]>::to_vec));
        }
        classes = parts;
    }
    classes.retain(|class| class.len() > 1);
    classes
}
