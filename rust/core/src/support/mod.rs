//! Distributions given by a list of weighted atoms: samples, alignments, sparse tables.
//!
//! Subsets of the coordinates group the atoms into classes of equal letters, and the marginal on
//! `S` has one cell for each class. Going down the subset lattice only refines the partition
//! ([`refine`]), and an atom that is alone in its class stays alone: nothing but the other atoms is
//! ever touched, and once all are alone every superset has the same sum and is counted, not
//! visited ([`walk`]). So are the supersets that split a class of a few atoms ([`settled`]).
//! Where nearly all classes are small, [`counted`] does not visit them at all.

mod chao_shen;
mod counted;
mod plan;
mod refine;
mod settled;
mod sizes;
#[cfg(test)]
mod tests;
mod walk;

pub use chao_shen::chao_shen_by_size;
pub use counted::Counted;
pub use walk::{sums_by_size, sums_by_subset};

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::monitor::{CHECKED, Monitor};
use crate::sum::Sum;
use refine::{Partition, Refiner};
use sizes::Sizes;

/// Coordinates that a subset mask can hold.
pub const MAX_COORDINATES: usize = 64;

/// Letters of a coordinate that a code can hold.
pub const MAX_LETTERS: usize = 1 << 16;

/// Distinct atoms with positive weights, stored by column.
#[derive(Debug, Clone)]
pub struct Support {
    weights: Vec<f64>,
    /// The row in which each atom was met first.
    first_rows: Vec<usize>,
    columns: Vec<Column>,
    /// Which coordinate each column is; the others do not vary.
    coordinates: Vec<usize>,
    n: usize,
    /// Estimated once, when first asked for; the weights do not matter to it.
    sizes: OnceLock<Sizes>,
}

#[derive(Debug, Clone)]
struct Column {
    /// Letters used, numbered `0..letters` in order of first appearance.
    letters: usize,
    codes: Vec<u16>,
}

impl Support {
    /// From `weights.len()` rows of `n` codes each. Equal rows are merged, rows of weight zero left
    /// out; coordinates that do not vary are noted and put aside.
    ///
    /// # Errors
    /// If there is no row of positive weight, a weight is negative or not finite, or when
    /// interrupted.
    pub fn new(rows: &[u16], n: usize, weights: &[f64], monitor: &Monitor) -> Result<Self> {
        if n == 0 || rows.len() != weights.len() * n {
            return Err(Error::invalid(
                "samples",
                format!(
                    "{} codes do not make {} rows of {n}",
                    rows.len(),
                    weights.len()
                ),
            ));
        }
        let mut place: HashMap<&[u16], usize> = HashMap::new();
        let mut atoms: Vec<&[u16]> = Vec::new();
        let mut merged: Vec<f64> = Vec::new();
        let mut first_rows = Vec::new();
        let rows_a_look = (CHECKED / n).max(1);
        for (k, (row, &weight)) in rows.chunks_exact(n).zip(weights).enumerate() {
            if k % rows_a_look == 0 {
                monitor.check()?;
            }
            if !(weight.is_finite() && weight >= 0.0) {
                return Err(Error::invalid(
                    "weights",
                    format!("weight {k} is {weight}, expected a finite number >= 0"),
                ));
            }
            if weight > 0.0 {
                let atom = *place.entry(row).or_insert(atoms.len());
                if atom == atoms.len() {
                    atoms.push(row);
                    first_rows.push(k);
                    merged.push(0.0);
                }
                merged[atom] += weight;
            }
        }
        if atoms.is_empty() {
            return Err(Error::invalid("samples", "no sample has a positive weight"));
        }
        let mut support = Self {
            weights: merged,
            first_rows,
            columns: Vec::new(),
            coordinates: Vec::new(),
            n,
            sizes: OnceLock::new(),
        };
        for i in 0..n {
            monitor.check()?;
            let column = Column::new(atoms.iter().map(|row| row[i]));
            if column.letters > 1 {
                support.columns.push(column);
                support.coordinates.push(i);
            }
        }
        Ok(support)
    }

    /// The cells of positive weight of a dense table.
    ///
    /// # Errors
    /// As [`new`](Self::new), and where an alphabet has more letters than codes.
    pub fn of_table(table: &[f64], shape: &[usize], monitor: &Monitor) -> Result<Self> {
        let mut rows = Vec::new();
        let mut weights = Vec::new();
        for (cell, &p) in table.iter().enumerate() {
            if cell % CHECKED == 0 {
                monitor.check()?;
            }
            if p > 0.0 {
                let mut rest = cell;
                let start = rows.len();
                rows.resize(start + shape.len(), 0);
                for (code, &q) in rows[start..].iter_mut().zip(shape).rev() {
                    *code = u16::try_from(rest % q).map_err(|_| {
                        Error::invalid("pmf", "an alphabet has above 65536 letters")
                    })?;
                    rest /= q;
                }
                weights.push(p);
            }
        }
        Self::new(&rows, shape.len(), &weights, monitor)
    }

    /// Number of distinct atoms.
    pub fn atoms(&self) -> usize {
        self.weights.len()
    }

    /// The row in which each atom was met first, among the rows given.
    pub fn first_rows(&self) -> &[usize] {
        &self.first_rows
    }

    /// Number of coordinates, those that do not vary included.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Number of coordinates that vary.
    pub fn varying(&self) -> usize {
        self.columns.len()
    }

    /// Weights of the atoms.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Which coordinates vary.
    pub fn coordinates(&self) -> &[usize] {
        &self.coordinates
    }

    /// Number of coordinates that do not vary.
    pub fn constant(&self) -> usize {
        self.n - self.columns.len()
    }

    /// Sum of the weights.
    pub fn total(&self) -> f64 {
        self.weights.iter().copied().collect::<Sum>().value()
    }

    /// Refuses weights that are not whole numbers.
    ///
    /// # Errors
    /// Names one of them.
    pub fn require_counts(&self) -> Result<()> {
        match self.weights.iter().find(|w| w.fract() != 0.0) {
            Some(weight) => Err(Error::invalid(
                "weights",
                format!("a weight is {weight}, expected whole counts"),
            )),
            None => Ok(()),
        }
    }

    /// Refuses more varying coordinates than a subset mask can hold.
    ///
    /// # Errors
    /// Says how many vary.
    pub fn require_mask(&self) -> Result<()> {
        let varying = self.varying();
        if varying <= MAX_COORDINATES {
            return Ok(());
        }
        Err(Error::Varying {
            varying,
            most: MAX_COORDINATES,
        })
    }

    /// The same atoms with weights that sum to one.
    pub fn normalised(mut self) -> Self {
        let total = self.total();
        self.weights.iter_mut().for_each(|w| *w /= total);
        self
    }

    /// Letters used at each coordinate that varies.
    pub fn shape(&self) -> Vec<usize> {
        self.columns.iter().map(|column| column.letters).collect()
    }

    /// The dense table over the coordinates that vary, in the given order.
    pub fn table(&self) -> Vec<f64> {
        let shape = self.shape();
        let mut table = vec![0.0; shape.iter().product()];
        for (atom, &weight) in self.weights.iter().enumerate() {
            let index =
                |index, (column, q): (&Column, &usize)| index * q + usize::from(column.codes[atom]);
            table[self.columns.iter().zip(&shape).fold(0, index)] += weight;
        }
        table
    }

    /// Cells of [`table`](Self::table), without overflow.
    pub fn table_cells(&self) -> f64 {
        self.columns
            .iter()
            .map(|column| column.letters as f64)
            .product()
    }

    /// Weights of the classes made by the given columns: those of many atoms, those of one.
    fn partition(
        &self,
        columns: impl IntoIterator<Item = usize>,
        monitor: &Monitor,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut refiner = Refiner::new(self);
        let mut here = Partition::whole(self);
        let mut there = Partition::default();
        let mut alone = self.alone_from_the_start();
        for column in columns {
            monitor.check()?;
            refiner.refine(&self.columns[column], &here, &mut there, |atom| {
                alone.push(self.weights[atom as usize]);
            });
            std::mem::swap(&mut here, &mut there);
        }
        Ok((here.weights(&self.weights).collect(), alone))
    }

    /// A single atom is alone in the marginal on no coordinate at all.
    fn alone_from_the_start(&self) -> Vec<f64> {
        let only = self.weights.len() == 1;
        self.weights[..usize::from(only)].to_vec()
    }

    /// The weights of the marginal on the given coordinates, in no particular order.
    ///
    /// # Errors
    /// When interrupted.
    pub fn marginal(
        &self,
        coordinates: impl Fn(usize) -> bool,
        monitor: &Monitor,
    ) -> Result<Vec<f64>> {
        let columns = self.coordinates.iter().enumerate();
        let wanted = columns.filter(|&(_, &i)| coordinates(i)).map(|(k, _)| k);
        let (mut weights, alone) = self.partition(wanted, monitor)?;
        weights.extend(alone);
        Ok(weights)
    }

    /// Sizes of the partitions to expect.
    fn sizes(&self, monitor: &Monitor) -> Result<&Sizes> {
        if let Some(sizes) = self.sizes.get() {
            return Ok(sizes);
        }
        let sizes = Sizes::probe(self, monitor)?;
        Ok(self.sizes.get_or_init(|| sizes))
    }

    /// Elementary operations of [`sums_by_size`], in units of one term of a table walk.
    ///
    /// # Errors
    /// When interrupted.
    pub fn predicted_operations(&self, monitor: &Monitor) -> Result<f64> {
        self.planned_operations(settled::MOST, monitor)
    }

    /// Elementary operations of [`sums_by_subset`].
    ///
    /// # Errors
    /// When interrupted.
    pub fn subset_operations(&self, monitor: &Monitor) -> Result<f64> {
        self.planned_operations(1, monitor)
    }

    /// Elementary operations of [`chao_shen_by_size`].
    ///
    /// # Errors
    /// When interrupted.
    pub fn chao_shen_operations(&self, monitor: &Monitor) -> Result<f64> {
        chao_shen::operations(self, monitor)
    }

    fn planned_operations(&self, most: usize, monitor: &Monitor) -> Result<f64> {
        if self.varying() > MAX_COORDINATES {
            return Ok(f64::INFINITY);
        }
        Ok(plan::Plan::new(self, most, monitor)?.operations)
    }
}

impl Column {
    fn new(letters: impl Iterator<Item = u16>) -> Self {
        let mut number: HashMap<u16, u16> = HashMap::new();
        let mut codes = Vec::new();
        let mut used = 0;
        for letter in letters {
            let code = *number.entry(letter).or_insert_with(|| {
                used += 1;
                (used - 1) as u16
            });
            codes.push(code);
        }
        Self {
            letters: used,
            codes,
        }
    }
}
