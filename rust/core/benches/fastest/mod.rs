//! Times that mean something on a machine that does other things too: of the processor, all threads
//! together, and the least of many short runs. What is compared takes turns.

use std::hint::black_box;
use std::time::Instant;

use cpu_time::ProcessTime;

/// The fastest run so far: seconds of processor time, seconds elapsed.
#[derive(Clone, Copy)]
pub struct Fastest {
    pub processor: f64,
    pub elapsed: f64,
}

impl Fastest {
    pub const NEVER: Self = Self {
        processor: f64::INFINITY,
        elapsed: f64::INFINITY,
    };

    pub fn time<T>(&mut self, job: impl FnOnce() -> T) {
        let (processor, elapsed) = (ProcessTime::now(), Instant::now());
        black_box(job());
        self.processor = self.processor.min(processor.elapsed().as_secs_f64());
        self.elapsed = self.elapsed.min(elapsed.elapsed().as_secs_f64());
    }
}
