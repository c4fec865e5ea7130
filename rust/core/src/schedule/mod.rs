//! Schedules: what they cost and which are best.
