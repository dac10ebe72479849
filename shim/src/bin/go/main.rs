//! The proxy: works out which Go this call gets, and becomes it.
//!
//! It has no standard library and no C library: what those do before `main` takes longer than all of this, and a
//! program without them starts in every userland. What is not the straight way, it hands over to `gowr`.
#![no_std]
#![no_main]

extern crate alloc;

mod arena;
mod hand_over;
mod start;

use alloc::vec::Vec;

use resolver::Invocation;
use shim::exec;
use shim::machine::LinuxMachine;
use shim::process::Process;
use shim::sys;

use crate::hand_over::{Trouble, hand_over};

#[global_allocator]
static ARENA: arena::Arena = arena::Arena::new();

/// Runs the proxy for `process`; what comes back is the exit status of one that became nothing else.
fn run(process: &Process) -> u8 {
    if process.secure {
        sys::write_error(
            b"gowr: go will not run with more rights than its caller has (set-user-ID, file capabilities)\n",
        );
        return 126;
    }
    let machine = LinuxMachine::new(process);
    let arguments: Vec<&[u8]> =
        process.arguments.iter().skip(1).map(|argument| argument.to_bytes()).collect();
    let invocation = Invocation::parse(process.execution_path, &arguments);
    let trouble = match resolver::resolve(&machine, &invocation, &mut ()) {
        Ok(resolution) => {
            let executable = resolution.executable();
            let arguments = exec::without_dropped(process.arguments, resolution.dropped_arguments);
            let errno =
                exec::exec(executable, &arguments, process.environment, &resolution.changes);
            Trouble::CannotRun(executable, errno)
        }
        Err(failure) => Trouble::Failed(failure),
    };
    hand_over(&machine, process, invocation.program, &trouble)
}
