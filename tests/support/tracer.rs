//! Runs a program and stops it at each of its system calls that write: to kill it at one of them, or to let one fail.
//!
//! `strace -e inject=…:when=N` does the same, but counts each call by its name and each thread by itself, so that what one
//! thread does late and seldom is never the Nth. Here the calls of all threads of the program are one sequence. What the
//! program starts is left alone.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output};
use std::sync::mpsc;
use std::thread;

use nix::errno::Errno;
use nix::libc::{self, c_long, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::run::PATIENCE;
use super::{Outcome, Run};

/// What happens to the call that is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// The program is killed; the call is not carried out.
    Kill,
    /// The call is not carried out, and gives this error.
    Fail(Errno),
}

/// One system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    /// The files it names, or was given open.
    pub(crate) files: Vec<String>,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Traced {
    pub(crate) outcome: Outcome,
    /// All calls that write, in the order in which they came.
    pub(crate) calls: Vec<Call>,
    /// The call that was hit, if there were so many.
    pub(crate) hit: Option<Call>,
}

impl Run {
    /// Runs to the end, or to the call with this number, from 0.
    pub(crate) fn traced(&self, number: usize, blow: Blow) -> Traced {
        // A thread of its own: it waits for any child of this thread, and for no other test's.
        thread::scope(|scope| scope.spawn(|| self.trace(number, blow)).join().unwrap())
    }

    /// Runs to the end, and says what it called.
    pub(crate) fn calls(&self) -> Traced {
        self.traced(usize::MAX, Blow::Kill)
    }

    #[expect(clippy::zombie_processes, reason = "`Tracer::follow` waits for it")]
    fn trace(&self, number: usize, blow: Blow) -> Traced {
        // It stops before it is what it will be, and is traced from there.
        let stopping = ["sh", "-c", "kill -s STOP $$; exec \"$@\"", "sh"];
        let mut child = self.clone().under(stopping).command().spawn().unwrap();
        let root = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let stdout = reader(child.stdout.take().unwrap());
        let stderr = reader(child.stderr.take().unwrap());
        let (ended, watched) = mpsc::channel::<()>();
        let watchdog = thread::spawn(move || {
            let is_late = watched.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
            if is_late {
                let _ = killpg(root, Signal::SIGKILL);
            }
            is_late
        });

        waitpid(root, Some(WaitPidFlag::WUNTRACED)).unwrap();
        let options = Options::PTRACE_O_EXITKILL
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_TRACESYSGOOD;
        ptrace::seize(root, options).unwrap();
        kill(root, Signal::SIGCONT).unwrap();
        let mut tracer = Tracer { root, number, blow, ..Tracer::new(root) };
        let status = tracer.follow();

        drop(ended);
        assert!(!watchdog.join().unwrap(), "{self}: still running after {PATIENCE:?}");
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        let outcome = self.outcome(Output { status, stdout, stderr });
        Traced { outcome, calls: tracer.calls, hit: tracer.hit }
    }
}

fn reader(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut content = Vec::new();
        pipe.read_to_end(&mut content).unwrap();
        content
    })
}

struct Tracer {
    root: Pid,
    number: usize,
    blow: Blow,
    /// The program runs, not the shell before it.
    is_begun: bool,
    calls: Vec<Call>,
    hit: Option<Call>,
    /// The threads that are within a call; with the registers to go on with, where it must fail.
    within: HashMap<Pid, Option<user_regs_struct>>,
}

impl Tracer {
    fn new(root: Pid) -> Self {
        Self {
            root,
            number: usize::MAX,
            blow: Blow::Kill,
            is_begun: false,
            calls: Vec::new(),
            hit: None,
            within: HashMap::new(),
        }
    }

    fn follow(&mut self) -> ExitStatus {
        let any_of_this_thread = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
        loop {
            match waitpid(Pid::from_raw(-1), Some(any_of_this_thread)).unwrap() {
                WaitStatus::Exited(process, code) if process == self.root => {
                    return ExitStatus::from_raw(code << 8);
                }
                WaitStatus::Signaled(process, signal, _) if process == self.root => {
                    return ExitStatus::from_raw(signal as i32);
                }
                WaitStatus::Exited(thread, _) | WaitStatus::Signaled(thread, ..) => {
                    self.within.remove(&thread);
                }
                WaitStatus::PtraceSyscall(thread) => {
                    // What was killed meanwhile has no registers.
                    let _ = self.call(thread);
                    self.go_on(thread, None);
                }
                WaitStatus::PtraceEvent(thread, _, event) => {
                    self.is_begun |= event == libc::PTRACE_EVENT_EXEC;
                    self.go_on(thread, None);
                }
                WaitStatus::Stopped(thread, signal) => self.go_on(thread, Some(signal)),
                _ => {}
            }
        }
    }

    fn go_on(&self, thread: Pid, signal: Option<Signal>) {
        let is_over = self.hit.is_some() && self.within.values().all(Option::is_none);
        let _ =
            if is_over { ptrace::cont(thread, signal) } else { ptrace::syscall(thread, signal) };
    }

    /// A thread enters or leaves a call.
    fn call(&mut self, thread: Pid) -> nix::Result<()> {
        if let Some(failing) = self.within.remove(&thread) {
            return match failing {
                Some(registers) => ptrace::setregs(thread, registers),
                None => Ok(()),
            };
        }
        self.within.insert(thread, None);
        let mut registers = ptrace::getregs(thread)?;
        let Some(call) = Kind::of(&mut registers).filter(|_| self.is_begun && self.hit.is_none())
        else {
            return Ok(());
        };
        let files = call.files(thread, &arguments(&mut registers).map(|argument| *argument));
        let call = Call { name: call.name(), files };
        self.calls.push(call.clone());
        if self.calls.len() - 1 == self.number {
            self.hit = Some(call);
            match self.blow {
                Blow::Kill => kill(self.root, Signal::SIGKILL)?,
                Blow::Fail(error) => {
                    let mut after = registers;
                    set_result(&mut after, -i64::from(error as i32));
                    // No descriptor, no address and no length: nothing can come of the call.
                    arguments_to_none(&mut registers);
                    ptrace::setregs(thread, registers)?;
                    self.within.insert(thread, Some(after));
                }
            }
        }
        Ok(())
    }
}

/// What a call's arguments are, as far as they tell what it is done to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A descriptor.
    Open,
    /// One path.
    Path,
    /// Two paths.
    Paths,
    /// A directory's descriptor, and a path from there.
    PathAt,
    /// Two of these.
    PathsAt,
    /// A text, a directory's descriptor, and a path from there.
    TextPathAt,
}

struct Kind {
    number: c_long,
    name: &'static str,
    shape: Shape,
}

macro_rules! kinds {
    ($($shape:ident: $($name:ident)*;)*) => {
        [$($(Kind { number: libc::$name, name: stringify!($name), shape: Shape::$shape },)*)*]
    };
}

/// The calls that change what others see, on every machine.
const KINDS: [Kind; 30] = kinds! {
    Open: SYS_write SYS_pwrite64 SYS_writev SYS_pwritev SYS_pwritev2 SYS_fsync SYS_fdatasync SYS_syncfs SYS_sync_file_range
        SYS_ftruncate SYS_fallocate SYS_fchmod SYS_fchown SYS_flock SYS_copy_file_range SYS_sendfile SYS_fcntl SYS_fsetxattr;
    PathAt: SYS_openat SYS_openat2 SYS_mkdirat SYS_mknodat SYS_unlinkat SYS_fchmodat SYS_fchownat SYS_utimensat;
    PathsAt: SYS_renameat SYS_renameat2 SYS_linkat;
    TextPathAt: SYS_symlinkat;
};

/// What only old kernels had to have.
#[cfg(target_arch = "x86_64")]
const OLD_KINDS: [Kind; 12] = kinds! {
    Path: SYS_open SYS_creat SYS_mkdir SYS_mknod SYS_unlink SYS_rmdir SYS_chmod SYS_chown SYS_truncate;
    Paths: SYS_rename SYS_link SYS_symlink;
};
#[cfg(not(target_arch = "x86_64"))]
const OLD_KINDS: [Kind; 0] = [];

/// A lock of the whole file, by fcntl.
const LOCKS: [u64; 4] = [
    libc::F_SETLK as u64,
    libc::F_SETLKW as u64,
    libc::F_OFD_SETLK as u64,
    libc::F_OFD_SETLKW as u64,
];

impl Kind {
    /// The kind of a call, if it writes.
    fn of(registers: &mut user_regs_struct) -> Option<&'static Self> {
        let number = call_number(registers);
        let kind = KINDS.iter().chain(&OLD_KINDS).find(|kind| kind.number == number)?;
        let arguments = arguments(registers).map(|argument| *argument);
        let opens_to_write = |flags: u64| {
            let flags = i32::try_from(flags & 0xffff_ffff).unwrap_or(0);
            flags & (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC) != 0
        };
        let writes = match kind.name {
            "SYS_openat" => opens_to_write(arguments[2]),
            "SYS_open" => opens_to_write(arguments[1]),
            "SYS_fcntl" => LOCKS.contains(&arguments[1]),
            // What is said to people is not kept.
            "SYS_write" | "SYS_writev" => arguments[0] > 2,
            _ => true,
        };
        writes.then_some(kind)
    }

    fn name(&self) -> &'static str {
        self.name.trim_start_matches("SYS_")
    }

    fn files(&self, thread: Pid, arguments: &[u64; 6]) -> Vec<String> {
        let open = |number: u64| {
            let number = i32::try_from(number & 0xffff_ffff).unwrap_or(libc::AT_FDCWD);
            let link = format!("/proc/{thread}/fd/{number}");
            fs::read_link(link).map_or(String::from("."), |path| path.display().to_string())
        };
        let text = |address: u64| {
            let mut content = [0; 512];
            let memory = File::open(format!("/proc/{thread}/mem"));
            let length = memory.and_then(|memory| memory.read_at(&mut content, address));
            let content = &content[..length.unwrap_or(0)];
            let content = content.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(content).into_owned()
        };
        let at = |directory: u64, path: u64| match text(path) {
            path if path.starts_with('/') => path,
            path => format!("{}/{path}", open(directory)),
        };
        match self.shape {
            Shape::Open => vec![open(arguments[0])],
            Shape::Path => vec![text(arguments[0])],
            Shape::Paths => vec![text(arguments[0]), text(arguments[1])],
            Shape::PathAt => vec![at(arguments[0], arguments[1])],
            Shape::PathsAt => vec![at(arguments[0], arguments[1]), at(arguments[2], arguments[3])],
            Shape::TextPathAt => vec![text(arguments[0]), at(arguments[1], arguments[2])],
        }
    }
}

fn arguments_to_none(registers: &mut user_regs_struct) {
    for argument in arguments(registers) {
        *argument = u64::MAX;
    }
}

#[cfg(target_arch = "x86_64")]
fn call_number(registers: &user_regs_struct) -> c_long {
    registers.orig_rax.cast_signed()
}

#[cfg(target_arch = "x86_64")]
fn arguments(registers: &mut user_regs_struct) -> [&mut u64; 6] {
    let user_regs_struct { rdi, rsi, rdx, r10, r8, r9, .. } = registers;
    [rdi, rsi, rdx, r10, r8, r9]
}

#[cfg(target_arch = "x86_64")]
fn set_result(registers: &mut user_regs_struct, result: i64) {
    registers.rax = result.cast_unsigned();
}

#[cfg(target_arch = "aarch64")]
fn call_number(registers: &user_regs_struct) -> c_long {
    registers.regs[8].cast_signed()
}

#[cfg(target_arch = "aarch64")]
fn arguments(registers: &mut user_regs_struct) -> [&mut u64; 6] {
    registers.regs.first_chunk_mut::<6>().unwrap().each_mut()
}

#[cfg(target_arch = "aarch64")]
fn set_result(registers: &mut user_regs_struct, result: i64) {
    registers.regs[0] = result.cast_unsigned();
}
