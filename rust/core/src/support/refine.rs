//! Partition refinement: splitting classes of atoms by one more coordinate.

use super::{Column, Support};

/// The classes of at least two atoms; atoms alone in their class are not in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Partition {
    /// Atoms, class after class.
    atoms: Vec<u32>,
    /// Where each class ends.
    ends: Vec<u32>,
}

impl Partition {
    /// All atoms in one class: the partition of the empty subset.
    pub(super) fn whole(support: &Support) -> Self {
        let atoms = support.atoms() as u32;
        if atoms < 2 {
            return Self::default();
        }
        Self {
            atoms: (0..atoms).collect(),
            ends: vec![atoms],
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of classes.
    pub(super) fn classes(&self) -> usize {
        self.ends.len()
    }

    /// The classes, as lists of atoms.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let class = &self.atoms[start as usize..end as usize];
            start = end;
            class
        })
    }

    /// Takes the classes of at most `most` atoms out, in order.
    pub(super) fn take_small(&mut self, most: usize, mut taken: impl FnMut(&[u32])) {
        let (mut start, mut kept, mut classes) = (0, 0, 0);
        for k in 0..self.ends.len() {
            let end = self.ends[k] as usize;
            if end - start <= most {
                taken(&self.atoms[start..end]);
            } else {
                if kept < start {
                    self.atoms.copy_within(start..end, kept);
                }
                kept += end - start;
                self.ends[classes] = kept as u32;
                classes += 1;
            }
            start = end;
        }
        self.atoms.truncate(kept);
        self.ends.truncate(classes);
    }

    /// The weight of each class.
    pub(super) fn weights<'a>(&'a self, weights: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.iter()
            .map(|class| class.iter().map(|&atom| weights[atom as usize]).sum())
    }
}

/// Space that refinements share.
pub(super) struct Refiner {
    /// How often each letter occurs in the class at hand, then where its next atom goes.
    /// Zero between classes.
    slots: Vec<u32>,
    /// The letters that occur, in order of first occurrence.
    met: Vec<u16>,
    spare: Vec<u32>,
}

impl Refiner {
    pub(super) fn new(support: &Support) -> Self {
        let letters = support.columns.iter().map(|column| column.letters).max();
        Self {
            slots: vec![0; letters.unwrap_or(0)],
            met: Vec::new(),
            spare: vec![0; support.atoms()],
        }
    }

    /// Splits the classes of `from` by the letters of `column`. Classes of at least two atoms go
    /// into `into`, the others to `alone`. The order depends on the arguments only.
    pub(super) fn refine(
        &mut self,
        column: &Column,
        from: &Partition,
        into: &mut Partition,
        mut alone: impl FnMut(u32),
    ) {
        into.ends.clear();
        into.atoms.clear();
        into.atoms.resize(from.atoms.len(), 0);
        let mut end = 0;
        for class in from.iter() {
            if column.letters == 2 {
                self.split_in_two(&column.codes, class, into, &mut end, &mut alone);
            } else {
                self.split(&column.codes, class, into, &mut end, &mut alone);
            }
        }
        into.atoms.truncate(end);
    }

    /// Two letters: zeros in place, ones aside, without a branch on the letter.
    #[inline]
    fn split_in_two(
        &mut self,
        codes: &[u16],
        class: &[u32],
        into: &mut Partition,
        end: &mut usize,
        alone: &mut impl FnMut(u32),
    ) {
        let zeros = &mut into.atoms[*end..*end + class.len()];
        let ones = &mut self.spare[..class.len()];
        let mut count = 0;
        for (k, &atom) in class.iter().enumerate() {
            let one = usize::from(codes[atom as usize]);
            zeros[k - count] = atom;
            ones[count] = atom;
            count += one;
        }
        let zero_count = class.len() - count;
        match zero_count {
            0 => {}
            1 => alone(zeros[0]),
            _ => {
                *end += zero_count;
                into.ends.push(*end as u32);
            }
        }
        match count {
            0 => {}
            1 => alone(ones[0]),
            _ => {
                into.atoms[*end..*end + count].copy_from_slice(&ones[..count]);
                *end += count;
                into.ends.push(*end as u32);
            }
        }
    }

    /// Any number of letters: a counting sort that touches only the letters that occur.
    #[inline]
    fn split(
        &mut self,
        codes: &[u16],
        class: &[u32],
        into: &mut Partition,
        end: &mut usize,
        alone: &mut impl FnMut(u32),
    ) {
        self.met.clear();
        for &atom in class {
            let letter = codes[atom as usize];
            let slot = &mut self.slots[usize::from(letter)];
            if *slot == 0 {
                self.met.push(letter);
            }
            *slot += 1;
        }
        // A letter's slot becomes the place of its first atom; one that occurs once gets none.
        const ALONE: u32 = u32::MAX;
        let first = *end;
        for &letter in &self.met {
            let slot = &mut self.slots[usize::from(letter)];
            let count = std::mem::replace(slot, *end as u32);
            if count == 1 {
                *slot = ALONE;
            } else {
                *end += count as usize;
                into.ends.push(*end as u32);
            }
        }
        if *end == first {
            class.iter().for_each(|&atom| alone(atom));
        } else {
            for &atom in class {
                let slot = &mut self.slots[usize::from(codes[atom as usize])];
                if *slot == ALONE {
                    alone(atom);
                } else {
                    into.atoms[*slot as usize] = atom;
                    *slot += 1;
                }
            }
        }
        for &letter in &self.met {
            self.slots[usize::from(letter)] = 0;
        }
    }
}
