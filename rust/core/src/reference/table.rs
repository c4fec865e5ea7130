//! Marginals and entropies by definition.

/// A normalised table with zeros and very different cells, a function of `seed` alone.
pub(crate) fn some_table(cells: usize, seed: u64) -> Vec<f64> {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    let mut table: Vec<f64> = (0..cells)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let u = (state >> 11) as f64 / (1u64 << 53) as f64;
            if u < 0.2 { 0.0 } else { u.powi(5) + 1e-9 }
        })
        .collect();
    table[0] += 0.01;
    let total: f64 = table.iter().sum();
    table.iter_mut().for_each(|x| *x /= total);
    table
}

/// The marginal of `table` on the coordinates in `subset`, cell by cell.
pub(crate) fn marginal(table: &[f64], shape: &[usize], subset: u64) -> Vec<f64> {
    let kept = |i: usize| subset >> i & 1 == 1;
    let size = (0..shape.len())
        .filter(|&i| kept(i))
        .map(|i| shape[i])
        .product();
    let mut marginal = vec![0.0; size];
    for (cell, &p) in table.iter().enumerate() {
        let (mut rest, mut index, mut stride) = (cell, 0, 1);
        for i in (0..shape.len()).rev() {
            if kept(i) {
                index += rest % shape[i] * stride;
                stride *= shape[i];
            }
            rest /= shape[i];
        }
        marginal[index] += p;
    }
    marginal
}

/// `H(X_S)` of a normalised table.
pub(crate) fn entropy(table: &[f64], shape: &[usize], subset: u64) -> f64 {
    let cells = marginal(table, shape, subset);
    -cells
        .iter()
        .filter(|&&p| p > 0.0)
        .map(|&p| p * p.ln())
        .sum::<f64>()
}
