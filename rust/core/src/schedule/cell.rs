//! Cells of the simplex of multipliers, halved again and again.

use super::knowns::{FUNCTIONALS, PerFunctional};

/// Cells with shorter edges are points.
const POINT: f64 = 1e-13;

/// Part of the simplex, by its corners: shares of the budget, one for each functional.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) corners: Vec<PerFunctional>,
    /// Halvings that led here.
    pub(super) depth: u32,
}

impl Cell {
    /// A simplex: the whole budget spent on one functional, for each of these.
    pub(super) fn whole(functionals: &[usize]) -> Self {
        let corner = |&i: &usize| {
            let mut shares = [0.0; FUNCTIONALS];
            shares[i] = 1.0;
            shares
        };
        Self {
            corners: functionals.iter().map(corner).collect(),
            depth: 0,
        }
    }

    pub(super) fn center(&self) -> PerFunctional {
        let mut shares = [0.0; FUNCTIONALS];
        for corner in &self.corners {
            for (share, x) in shares.iter_mut().zip(corner) {
                *share += x / self.corners.len() as f64;
            }
        }
        shares
    }

    /// The halves on either side of the middle of the longest edge; none of a point.
    pub(super) fn halves(&self) -> Option<[Self; 2]> {
        let d = self.corners.len();
        let length = |i: usize, j: usize| -> f64 {
            let ends = self.corners[i].iter().zip(&self.corners[j]);
            ends.map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
        };
        let edges = (0..d).flat_map(|i| (i + 1..d).map(move |j| (i, j)));
        let (i, j) = edges.max_by(|a, b| length(a.0, a.1).total_cmp(&length(b.0, b.1)))?;
        if length(i, j) < POINT {
            return None;
        }
        let mut middle = self.corners[i];
        for (x, y) in middle.iter_mut().zip(&self.corners[j]) {
            *x = (*x + y) / 2.0;
        }
        Some([i, j].map(|replaced| {
            let mut half = self.clone();
            half.corners[replaced] = middle;
            half.depth += 1;
            half
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_share_the_middle_of_the_longest_edge() {
        let whole = Cell::whole(&[0, 2, 3]);
        let [left, right] = whole.halves().unwrap();
        assert_eq!((left.depth, right.depth), (1, 1));
        let shared = |corner: &&PerFunctional| right.corners.contains(*corner);
        assert_eq!(left.corners.iter().filter(shared).count(), 2);
        for cell in [&whole, &left, &right] {
            let center = cell.center();
            assert!((center.iter().sum::<f64>() - 1.0).abs() < 1e-15);
            assert_eq!(center[1], 0.0);
        }
        assert!(Cell::whole(&[1]).halves().is_none());
    }

    #[test]
    fn points_are_not_halved() {
        let mut cell = Cell::whole(&[0, 1]);
        let mut halvings = 0;
        while let Some([half, _]) = cell.halves() {
            cell = half;
            halvings += 1;
        }
        assert!(2f64.powi(-halvings) < POINT && 2f64.powi(1 - halvings) >= POINT);
    }
}
