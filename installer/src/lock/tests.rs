use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::*;
use crate::store::names;

/// A way to take a lock: by the kernel, or as where it has none.
type Take = fn(&Path) -> Lock;

fn by_kernel(path: &Path) -> Lock {
    Lock::acquire(path, &mut |_| {}).expect("locked")
}

fn by_mark(path: &Path) -> Lock {
    loop {
        match Mark::put(path).expect("put") {
            Ok(mark) => return Lock::Mark(mark),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

#[test]
fn one_at_a_time_and_nothing_left() {
    for (take, times) in [(by_kernel as Take, 50), (by_mark, 5)] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("work.lock");
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..times {
                        let lock = take(&path);
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                        // Not always the same one first.
                        thread::sleep(Duration::from_millis(1));
                    }
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
        assert_eq!(names(directory.path()).expect("listed"), [""; 0]);
    }
}

#[test]
fn a_wait_names_the_holder_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("work.lock");
    let nobody = &mut |_: &Holder| panic!("nobody has it");
    let lock = Lock::acquire(&path, nobody).expect("locked");
    assert!(Lock::is_held(&path));
    assert!(Lock::try_acquire(&path).expect("tried").is_none());
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let mut waiting = |holder: &Holder| tell.send(holder.clone()).expect("heard");
            Lock::acquire(&path, &mut waiting).map(drop)
        });
        let holder = told.recv().expect("told");
        assert_eq!(holder.process, Some(std::process::id()));
        let text = holder.to_string();
        let expected = format!("process {} on {}, for 0 s", std::process::id(), holder::host());
        assert!(text.starts_with(&expected), "{text}");
        drop(lock);
        waiter.join().expect("no panic").expect("locked");
    });
    assert!(told.try_recv().is_err());
    assert!(!Lock::is_held(&path));
}

#[test]
fn work_that_should_be_over_is_an_error_with_its_way_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("work.lock");
    let lock = by_kernel(&path);
    let error = Lock::acquire_within(&path, MOMENT).expect_err("held");
    let process = std::process::id();
    let text = error.to_string();
    assert!(text.starts_with(&format!("{} is held by process", path.display())), "{text}");
    assert_eq!(error.fix(), Some(format!("kill {process}")));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| Lock::acquire_soon(&path).map(drop));
        thread::sleep(4 * MOMENT);
        drop(lock);
        waiter.join().expect("no panic").expect("locked");
    });
}

#[test]
fn a_killed_holder_leaves_no_lock() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("work.lock");
    fs::write(&path, "1 elsewhere\n").expect("written");
    assert!(!Lock::is_held(&path));
    assert!(Lock::try_acquire(&path).expect("tried").is_some());
}

#[test]
fn marks_of_the_living_count_and_those_of_the_dead_go() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("work.lock");
    let put = |name: &str, text: &str| {
        std::os::unix::fs::symlink(text, directory.path().join(name)).expect("linked");
    };
    let own = Holder::text_of_this_process();
    let words: Vec<_> = own.split(' ').collect();
    // This process's id, at another time.
    put("work.lock.dead", &format!("{} {} 1 {}", words[0], words[1], words[3]));
    put("other.lock.living", &own);
    drop(by_mark(&path));
    assert_eq!(names(directory.path()).expect("listed"), ["other.lock.living"]);

    put("work.lock.living", &own);
    assert!(Lock::is_held(&path));
    let holder = Mark::put(&path).expect("tried").expect_err("somebody has it");
    assert_eq!(holder.process, Some(std::process::id()));
    // As when people take it away by hand.
    fs::remove_file(directory.path().join("work.lock.living")).expect("removed");
    Mark::put(&path).expect("tried").expect("nobody has it");
}
