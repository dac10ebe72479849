//! What the two programs of gowr share: the `go` proxy, which has no standard library, and the `gowr` command.
//!
//! [`sys`] holds the few system calls, [`process`] what the kernel gave this process at its start, [`machine`] the
//! one implementation of [`resolver::machine::Machine`], [`exec`] the way on to the program that was chosen, and
//! [`proxy_version`] how the one tells the other its version.
#![no_std]

extern crate alloc;

pub mod exec;
pub mod machine;
pub mod process;
pub mod proxy_version;
pub mod sys;
