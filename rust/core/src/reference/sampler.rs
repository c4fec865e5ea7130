//! Laws of samplers by definition: a sum over ordered partitions.

use super::table::marginal;
use crate::sum::Sum;

/// Probability of every cell if these blocks are revealed one after the other. Impossible evidence is
/// answered uniformly.
pub(crate) fn law(table: &[f64], shape: &[usize], blocks: &[usize]) -> Vec<f64> {
    let mut law = vec![1.0; table.len()];
    let mut known = 0usize;
    for &block in blocks {
        let evidence = marginal(table, shape, known as u64);
        for i in (0..shape.len()).filter(|i| block >> i & 1 == 1) {
            let joint = marginal(table, shape, (known | 1 << i) as u64);
            for (cell, p) in law.iter_mut().enumerate() {
                let mass = evidence[project(cell, shape, known)];
                *p *= if mass > 0.0 {
                    joint[project(cell, shape, known | 1 << i)] / mass
                } else {
                    1.0 / shape[i] as f64
                };
            }
        }
        known |= block;
    }
    law
}

/// Number of the cell of the marginal on `subset` that a cell belongs to.
fn project(cell: usize, shape: &[usize], subset: usize) -> usize {
    let (mut rest, mut index, mut stride) = (cell, 0, 1);
    for i in (0..shape.len()).rev() {
        if subset >> i & 1 == 1 {
            index += rest % shape[i] * stride;
            stride *= shape[i];
        }
        rest /= shape[i];
    }
    index
}

/// The mean of the laws of ordered partitions, each with its weight; blocks may be empty.
pub(crate) fn mixture(
    table: &[f64],
    shape: &[usize],
    steps: usize,
    weight: impl Fn(&[usize]) -> f64,
) -> Vec<f64> {
    let mut mean = vec![Sum::ZERO; table.len()];
    for mut code in 0..steps.pow(shape.len() as u32) {
        let mut blocks = vec![0; steps];
        for i in 0..shape.len() {
            blocks[code % steps] |= 1 << i;
            code /= steps;
        }
        let counts: Vec<usize> = blocks
            .iter()
            .map(|b: &usize| b.count_ones() as usize)
            .collect();
        let weight = weight(&counts);
        if weight > 0.0 {
            for (sum, p) in mean.iter_mut().zip(law(table, shape, &blocks)) {
                sum.push(weight * p);
            }
        }
    }
    mean.into_iter().map(Sum::value).collect()
}
