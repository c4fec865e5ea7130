//! Ordered partitions by definition.

/// Divergence of the sampler that reveals these blocks.
pub(crate) fn kl(entropies: &[f64], blocks: &[usize]) -> f64 {
    let mut known = 0;
    let mut sum = -entropies[entropies.len() - 1];
    for block in blocks {
        for i in (0..usize::BITS).filter(|i| block >> i & 1 == 1) {
            sum += entropies[known | 1 << i] - entropies[known];
        }
        known |= block;
    }
    sum
}

/// All ordered partitions into `k` blocks: token `i` goes to block `code / k^i % k`.
pub(crate) fn ordered_partitions(n: usize, k: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..k.pow(n as u32)).filter_map(move |mut code| {
        let mut blocks = vec![0; k];
        for i in 0..n {
            blocks[code % k] |= 1 << i;
            code /= k;
        }
        blocks.iter().all(|&block| block != 0).then_some(blocks)
    })
}

/// Number of ordered partitions into blocks of these sizes.
pub(crate) fn count(sizes: &[usize]) -> f64 {
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    let blocks = sizes.iter().map(|&size| factorial(size));
    factorial(sizes.iter().sum()) / blocks.product::<f64>()
}

/// Divergences of all ordered partitions into blocks of these sizes.
pub(crate) fn values(entropies: &[f64], sizes: &[usize]) -> Vec<f64> {
    let n = sizes.iter().sum();
    ordered_partitions(n, sizes.len())
        .filter(|blocks| {
            let counts = blocks.iter().map(|block| block.count_ones() as usize);
            counts.eq(sizes.iter().copied())
        })
        .map(|blocks| kl(entropies, &blocks))
        .collect()
}

/// Least divergence of all ordered partitions into `k` blocks.
pub(crate) fn least(entropies: &[f64], k: usize) -> f64 {
    let n = entropies.len().ilog2() as usize;
    ordered_partitions(n, k)
        .map(|blocks| kl(entropies, &blocks))
        .fold(f64::INFINITY, f64::min)
}

/// Least divergence of each number of steps, by the recurrence over all pairs of subsets.
pub(crate) fn frontier(entropies: &[f64]) -> Vec<f64> {
    let n = entropies.len().ilog2() as usize;
    let gains = |a: usize, b: usize| -> f64 {
        let added = (0..n).filter(|i| (b & !a) >> i & 1 == 1);
        added.map(|i| entropies[a | 1 << i] - entropies[a]).sum()
    };
    let mut layer = vec![f64::INFINITY; entropies.len()];
    layer[0] = 0.0;
    let mut values = Vec::new();
    for _ in 0..n {
        let next = |b: usize| {
            (0..b)
                .filter(|a| a & b == *a)
                .map(|a| layer[a] + gains(a, b))
                .fold(f64::INFINITY, f64::min)
        };
        layer = (0..entropies.len()).map(next).collect();
        values.push(layer[entropies.len() - 1] - entropies[entropies.len() - 1]);
    }
    values
}
