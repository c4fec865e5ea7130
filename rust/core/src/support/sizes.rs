//! How large partitions will be: what the predicted cost of a walk rests on.

use super::Support;
use super::refine::{Partition, Refiner};
use crate::error::Result;
use crate::monitor::Monitor;

/// Letters that are looked at to estimate the sizes of partitions, about.
const LETTERS: usize = 1 << 20;

/// Random orders of the columns from which the sizes are estimated: large samples take few, as their
/// partitions are much alike, and of small ones the few classes that stay together count.
const PROBES: (usize, usize) = (8, 256);

/// What to expect of the partition of a random subset of some size.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Node {
    /// Probability that a class is left.
    pub(super) open: f64,
    /// Atoms in the classes left.
    pub(super) atoms: f64,
    /// Classes left.
    pub(super) classes: f64,
    /// Sets of atoms of the classes that one more column makes small enough to be settled.
    pub(super) settled: f64,
}

/// The classes of random subsets, by number of columns: how many there are of each size.
#[derive(Debug, Clone)]
pub(super) struct Sizes {
    /// For each probe and each number of columns, the sizes of classes of at least two atoms, in
    /// increasing order, and how many there are of each.
    probes: Vec<Vec<Vec<(usize, usize)>>>,
}

impl Sizes {
    /// Refines along a few random orders.
    pub(super) fn probe(support: &Support, monitor: &Monitor) -> Result<Self> {
        let columns = support.varying();
        let mut refiner = Refiner::new(support);
        let mut there = Partition::default();
        // A small linear congruential generator: the plan must be the same every time.
        let mut state = 1u64;
        let mut probe = || -> Result<_> {
            let mut order: Vec<usize> = (0..columns).collect();
            let mut here = Partition::whole(support);
            let mut sizes = vec![classes(&here)];
            for k in 0..columns {
                if here.is_empty() {
                    break;
                }
                monitor.check()?;
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                order.swap(k, k + (state >> 33) as usize % (columns - k));
                let column = &support.columns[order[k]];
                refiner.refine(column, &here, &mut there, |_| {});
                std::mem::swap(&mut here, &mut there);
                sizes.push(classes(&here));
            }
            Ok(sizes)
        };
        let (least, most) = PROBES;
        let probes = LETTERS / (support.atoms() * columns).max(1);
        let probes = (0..probes.clamp(least, most)).map(|_| probe());
        Ok(Self {
            probes: probes.collect::<Result<_>>()?,
        })
    }

    /// What to expect at each number of columns where classes of more than `most` atoms are left.
    pub(super) fn nodes(&self, most: usize) -> Vec<Node> {
        let share = 1.0 / self.probes.len() as f64;
        let longest = self.probes.iter().map(Vec::len).max();
        let mut nodes = vec![Node::default(); longest.unwrap_or(0)];
        for probe in &self.probes {
            for (k, (classes, node)) in probe.iter().zip(&mut nodes).enumerate() {
                let open = classes.iter().filter(|&&(size, _)| size > most);
                let atoms: usize = open.clone().map(|&(size, count)| size * count).sum();
                if atoms == 0 {
                    break;
                }
                node.open += share;
                node.atoms += share * atoms as f64;
                node.classes += share * open.map(|&(_, count)| count).sum::<usize>() as f64;
                if let Some(next) = probe.get(k + 1).filter(|_| most > 1) {
                    let arrived = small_sets(next, most) - small_sets(classes, most);
                    node.settled += share * arrived.max(0.0);
                }
            }
        }
        let left = nodes.iter().take_while(|node| node.atoms > 0.0).count();
        nodes.truncate(left);
        nodes
    }
}

/// Sizes of the classes of a partition, and how many there are of each.
fn classes(partition: &Partition) -> Vec<(usize, usize)> {
    let mut sizes: Vec<usize> = partition.iter().map(<[u32]>::len).collect();
    sizes.sort_unstable();
    sizes
        .chunk_by(|a, b| a == b)
        .map(|equal| (equal[0], equal.len()))
        .collect()
}

/// Sets of atoms of the classes of at most `most` atoms.
fn small_sets(classes: &[(usize, usize)], most: usize) -> f64 {
    let small = classes.iter().take_while(|&&(size, _)| size <= most);
    small
        .map(|&(size, count)| count as f64 * f64::from(1u32 << size))
        .sum()
}
