//! A walk over the classes of more than `K` samples.
//!
//! A class of the partition by `S` is found along the columns of `S`, in order, that split the
//! class around it; the other columns of `S` are among those in which all of it agrees. So the walk
//! goes from a class to the parts in which a later column splits it, and of the later columns in
//! which all of a class agree, `free` in number, any subset may be in `S` as well: one node with
//! `kept` columns behind it stands for `C(free, i)` classes of subsets of `kept + i` columns. Parts
//! of up to `K` samples are left out.
//!
//! Rows that occur more than `K` times are classes wherever they are not in larger ones.

use std::collections::HashMap;

use super::rows::Rows;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::parallel;

/// Columns kept at which subtrees become tasks.
const TASK_DEPTH: usize = 2;

/// Classes of fewer samples are tallied in an array.
const SMALL: u64 = 32;

/// Columns kept, columns free, and samples.
pub(super) type Key = (usize, usize, u64);

/// How often each kind of class is met, of those with more than `most` samples.
pub(super) fn count(rows: &Rows, most: usize, monitor: &Monitor) -> Result<HashMap<Key, i64>> {
    let mut top = Walk::new(rows, most, TASK_DEPTH, monitor);
    for (row, &count) in rows.counts.iter().enumerate() {
        top.arena.push(row as u32);
        if count > most as u64 {
            top.tally.add((0, rows.columns, count), 1);
        }
    }
    let whole = Node {
        start: 0,
        end: rows.len(),
        kept: 0,
        free: 0,
        columns: rows.everywhere(),
    };
    if top.is_cluster(0, rows.len()) {
        top.visit(whole)?;
    }
    let pending = std::mem::take(&mut top.pending);
    monitor.expect(pending.len() as u64);
    let parts = parallel::map(pending.len(), |task| {
        let (class, node) = &pending[task];
        let mut walk = Walk::new(rows, most, usize::MAX, monitor);
        walk.arena.extend(class);
        walk.visit(*node)?;
        monitor.advance(1)?;
        Ok(walk.tally.into_counts())
    })?;
    let mut all = HashMap::new();
    for (key, times) in parts.into_iter().flatten().chain(top.tally.into_counts()) {
        *all.entry(key).or_default() += times;
    }
    Ok(all)
}

/// A class, `start..end` in the arena, and the columns that may still be kept.
#[derive(Clone, Copy)]
struct Node {
    start: usize,
    end: usize,
    kept: usize,
    free: usize,
    columns: u64,
}

struct Walk<'a> {
    rows: &'a Rows,
    most: u64,
    /// Whether a row occurs more than `most` times.
    heavy: bool,
    /// Whether no row occurs twice.
    single: bool,
    /// Classes on the way down.
    arena: Vec<u32>,
    tally: Tally,
    /// Columns kept at which nodes are put off.
    depth: usize,
    pending: Vec<(Vec<u32>, Node)>,
    monitor: &'a Monitor,
}

impl<'a> Walk<'a> {
    fn new(rows: &'a Rows, most: usize, depth: usize, monitor: &'a Monitor) -> Self {
        let most = most as u64;
        Self {
            rows,
            most,
            heavy: rows.counts.iter().any(|&count| count > most),
            single: rows.counts.iter().all(|&count| count == 1),
            arena: Vec::new(),
            tally: Tally::new(rows.columns),
            depth,
            pending: Vec::new(),
            monitor,
        }
    }

    fn samples(&self, start: usize, end: usize) -> u64 {
        if self.single {
            return (end - start) as u64;
        }
        let counts = |&row: &u32| self.rows.counts[row as usize];
        self.arena[start..end].iter().map(counts).sum()
    }

    /// Whether a class is of several rows and more than `most` samples.
    fn is_cluster(&self, start: usize, end: usize) -> bool {
        end - start > 1 && self.samples(start, end) > self.most
    }

    fn visit(&mut self, node: Node) -> Result<()> {
        if node.kept == self.depth {
            let class = self.arena[node.start..node.end].to_vec();
            let end = class.len();
            self.pending.push((
                class,
                Node {
                    start: 0,
                    end,
                    ..node
                },
            ));
            return Ok(());
        }
        self.monitor.check()?;
        let class = &self.arena[node.start..node.end];
        let first = class[0] as usize;
        let differ = |mask, &row: &u32| mask | self.rows.differ(first, row as usize);
        let splitting = class[1..].iter().fold(0, differ) & node.columns;
        let free = node.free + (node.columns & !splitting).count_ones() as usize;
        let count = self.samples(node.start, node.end);
        self.tally.add((node.kept, free, count), 1);
        if self.heavy {
            for &row in &self.arena[node.start..node.end] {
                let count = self.rows.counts[row as usize];
                if count > self.most {
                    self.tally.add((node.kept, free, count), -1);
                }
            }
        }
        // Whatever is split off leaves too few.
        if count <= self.most + 1 {
            return Ok(());
        }
        let mut columns = splitting;
        while columns != 0 {
            let column = columns.trailing_zeros() as usize;
            columns &= columns - 1;
            self.split(node, column, |walk, start, end| {
                walk.visit(Node {
                    start,
                    end,
                    kept: node.kept + 1,
                    free,
                    columns,
                })
            })?;
        }
        Ok(())
    }

    /// Hands over the clusters into which a column splits a class.
    #[inline(always)]
    fn split(
        &mut self,
        node: Node,
        column: usize,
        mut part: impl FnMut(&mut Self, usize, usize) -> Result<()>,
    ) -> Result<()> {
        let base = self.arena.len();
        self.arena.extend_from_within(node.start..node.end);
        let whole = self.arena.len();
        let mut start = base;
        while start < whole {
            let letter = self.rows.letter(self.arena[start], column);
            let mut end = start + 1;
            for k in start + 1..whole {
                if self.rows.letter(self.arena[k], column) == letter {
                    self.arena.swap(k, end);
                    end += 1;
                }
            }
            if self.is_cluster(start, end) {
                part(self, start, end)?;
            }
            start = end;
        }
        self.arena.truncate(base);
        Ok(())
    }
}

/// How often each key was met.
struct Tally {
    columns: usize,
    small: Vec<i64>,
    large: HashMap<Key, i64>,
}

impl Tally {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            small: vec![0; (columns + 1) * (columns + 1) * SMALL as usize],
            large: HashMap::new(),
        }
    }

    #[inline(always)]
    fn add(&mut self, key: Key, times: i64) {
        let (kept, free, count) = key;
        if count < SMALL {
            let place = kept * (self.columns + 1) + free;
            self.small[place * SMALL as usize + count as usize] += times;
        } else {
            *self.large.entry(key).or_default() += times;
        }
    }

    fn into_counts(self) -> Vec<(Key, i64)> {
        let columns = self.columns + 1;
        let small = self.small.into_iter().enumerate().map(|(k, times)| {
            let (place, count) = (k / SMALL as usize, k as u64 % SMALL);
            ((place / columns, place % columns, count), times)
        });
        let all = small.chain(self.large);
        all.filter(|&(_, times)| times != 0).collect()
    }
}
