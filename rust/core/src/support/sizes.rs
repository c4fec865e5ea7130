//! How large partitions will be: what the predicted cost of a walk rests on.

use super::Support;
use super::refine::{Partition, Refiner};

/// Random orders of the columns from which the sizes of partitions are estimated.
const PROBES: usize = 4;

/// Atoms and classes to expect in the partition of a random subset, by its size.
#[derive(Debug, Clone)]
pub(super) struct Sizes {
    atoms: Vec<f64>,
    classes: Vec<f64>,
}

impl Sizes {
    /// Refines along a few random orders.
    pub(super) fn probe(support: &Support) -> Self {
        let columns = support.varying();
        let mut sizes = Self {
            atoms: vec![0.0; columns + 1],
            classes: vec![0.0; columns + 1],
        };
        let mut refiner = Refiner::new(support);
        let mut there = Partition::default();
        // A small linear congruential generator: the plan must be the same every time.
        let mut state = 1u64;
        for _ in 0..PROBES {
            let mut order: Vec<usize> = (0..columns).collect();
            for k in (1..columns).rev() {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                order.swap(k, (state >> 33) as usize % (k + 1));
            }
            let mut here = Partition::whole(support);
            sizes.add(0, &here);
            for (size, &column) in (1..).zip(&order) {
                refiner.refine(&support.columns[column], &here, &mut there, |_| {});
                std::mem::swap(&mut here, &mut there);
                sizes.add(size, &here);
            }
        }
        sizes
    }

    fn add(&mut self, size: usize, partition: &Partition) {
        self.atoms[size] += partition.atoms() as f64 / PROBES as f64;
        self.classes[size] += partition.classes() as f64 / PROBES as f64;
    }

    /// `(number of subsets, atoms, classes)` for each size at which atoms are left.
    pub(super) fn nodes(&self, binomials: &[f64]) -> impl Iterator<Item = (f64, f64, f64)> {
        let sizes = self.atoms.iter().zip(&self.classes).zip(binomials);
        sizes
            .map(|((&atoms, &classes), &ways)| (ways, atoms, classes))
            .take_while(|&(_, atoms, _)| atoms > 0.0)
    }
}
