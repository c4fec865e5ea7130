//! Families of laws whose curves need no joint table.

pub mod code;
