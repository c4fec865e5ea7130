//! Ranks by definition.

/// Rank of the columns in `subset`.
pub(crate) fn rank(
    generator: &[u64],
    n: usize,
    subset: u64,
    q: u64,
    product: impl Fn(u64, u64) -> u64,
    difference: impl Fn(u64, u64) -> u64,
) -> usize {
    // Columns as vectors; each is reduced by the ones before it, cross-multiplied, no inverses.
    let rows = generator.len() / n;
    let mut reduced: Vec<(usize, Vec<u64>)> = Vec::new();
    for c in (0..n).filter(|c| subset >> c & 1 == 1) {
        let mut column: Vec<u64> = (0..rows).map(|r| generator[r * n + c] % q).collect();
        for (pivot, other) in &reduced {
            let (a, b) = (other[*pivot], column[*pivot]);
            for (x, &y) in column.iter_mut().zip(other) {
                *x = difference(product(*x, a), product(y, b));
            }
        }
        if let Some(pivot) = column.iter().position(|&x| x != 0) {
            reduced.push((pivot, column));
        }
    }
    reduced.len()
}
