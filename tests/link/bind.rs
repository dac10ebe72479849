//! `gowr link --bind`, with real mounts in a namespace of the command's own, inside of other userlands.

use snapbox::{assert_data_eq, str};

use crate::support::{NEW, OLD, Run, World};
use crate::userland::Root;

/// Alpine once more, with an `/etc` of its own and without the mark of the container that its image is for, where the kernel
/// seems to be WSL's: then `[boot] command` is the way.
const ON_WSL: &str = "set -e
mount -t tmpfs none /srv
for directory in bin lib sbin usr dev proc; do
    mkdir /srv/$directory
    mount --rbind /$directory /srv/$directory
done
cp -a /etc /srv/etc
mkdir -p /srv$HOME
mount --rbind $HOME /srv$HOME
echo 6.6.87.2-microsoft-standard-WSL2 > /srv/osrelease
mount --bind /srv/osrelease /srv/proc/sys/kernel/osrelease
exec busybox chroot /srv sh -ec \"$LINES\"
";

/// How many mounts there are on a path of this name.
const COUNT: &str = r#"mounts() {
    count=0
    while read -r line; do
        case $line in *"/$1 "*) count=$((count + 1));; esac
    done < /proc/self/mountinfo
    echo "$count"
}
"#;

/// Runs these lines with mounts of their own.
fn script(world: &World, lines: &str) -> Run {
    world.run("sh").args(["-c", &format!("{COUNT}exec 2>&1\n{lines}")])
}

#[test]
fn mounted_switched_and_taken_off() {
    let world = World::with(&[OLD, NEW]).inside(&Root::alpine());
    let lines = "
gowr default 1.22
gowr link --bind ~/sdk
gowr link
cat /etc/wsl.conf
~/sdk/bin/go version
~/sdk/bin/go env GOROOT
gowr default 1.26
~/sdk/bin/go version
mounts sdk
cat /etc/wsl.conf
gowr link --bind ~/sdk 1.22
gowr link --bind ~/sdk 1.22
gowr link ~/sdk 1.22 || true
gowr link --json
gowr link --remove ~/sdk
cat /etc/wsl.conf || true
ls -d ~/sdk || true
";
    assert_data_eq!(
        script(&world, ON_WSL).env("LINES", format!("{COUNT}{lines}")).run().success().snapshot(),
        str![[r#"
[HOME]/.config/gowr/config.yaml
[HOME]/sdk now leads to [GOWR]/toolchains/go1.22.12, and follows the default
[HOME]/sdk  default  mounted: [GOWR]/toolchains/go1.22.12
[boot] # added by gowr, with this file
command = ": gowr-link-[..] begin; [ [GOWR]/toolchains/go1.22.12 -ef [HOME]/sdk ] || { /bin/mkdir -p [HOME]/sdk && /bin/mount --bind [GOWR]/toolchains/go1.22.12 [HOME]/sdk; }; : gowr-link-[..] end"
go version go1.22.12 linux/amd64
[HOME]/sdk
[HOME]/.config/gowr/config.yaml
[HOME]/sdk now leads to [GOWR]/toolchains/go1.26.9
go version go1.26.9 linux/amd64
1
[boot] # added by gowr, with this file
command = ": gowr-link-[..] begin; [ [GOWR]/toolchains/go1.26.9 -ef [HOME]/sdk ] || { /bin/mkdir -p [HOME]/sdk && /bin/mount --bind [GOWR]/toolchains/go1.26.9 [HOME]/sdk; }; : gowr-link-[..] end"
[HOME]/sdk now leads to [GOWR]/toolchains/go1.22.12, and follows the newest 1.22 here
[HOME]/sdk leads to [GOWR]/toolchains/go1.22.12, and follows the newest 1.22 here
gowr: [HOME]/sdk is a bind of gowr's already
  one path is one or the other
  run: gowr link --remove [HOME]/sdk
{
  "schema": 1,
  "links": [
    {
      "path": "[HOME]/sdk",
      "kind": "bind",
      "follows": "1.22",
      "goroot": "[GOWR]/toolchains/go1.22.12",
      "version_text": "go1.22.12",
      "state": "right"
    }
  ]
}
[HOME]/sdk is removed
cat: can't open '/etc/wsl.conf': No such file or directory
ls: [HOME]/sdk: No such file or directory

"#]]
    );
}

#[test]
fn a_split_tree_is_not_mounted() {
    let world = World::new().inside(&Root::trixie());
    let lines = "gowr link --bind ~/sdk 1.24
# A link can lead there.
gowr link ~/sdk 1.24
~/sdk/bin/go version
~/sdk/bin/go list -f '{{.Dir}}' fmt
# Whichever it is, it is that.
gowr link --bind ~/sdk 1.24
";
    assert_data_eq!(
        script(&world, lines).run().snapshot(),
        str![[r#"
gowr: /usr/lib/go-1.24 cannot be mounted elsewhere
  its tree is split: /usr/lib/go-1.24/lib leads out of it, to ../../share/go-1.24/lib
  run: gowr link [HOME]/sdk 1.24
[HOME]/sdk now leads to /usr/lib/go-1.24, and follows the newest 1.24 here
go version go1.24.4 linux/amd64
/usr/lib/go-1.24/src/fmt
gowr: /usr/lib/go-1.24 cannot be mounted elsewhere
  its tree is split: /usr/lib/go-1.24/lib leads out of it, to ../../share/go-1.24/lib
  run: gowr link [HOME]/sdk 1.24
[exit status: 1]

"#]]
    );
}

#[test]
fn what_is_there_is_not_hidden() {
    let world = World::with_fakes(&["go1.22.12"]).inside(&Root::alpine());
    let lines = "mkdir ~/sdk
touch ~/sdk/theirs
gowr link --bind ~/sdk 1.22
gowr link --force --bind ~/sdk 1.22
gowr link --remove ~/sdk
ls ~/sdk
rm ~/sdk/theirs
mount -t tmpfs none ~/sdk
gowr link --bind ~/sdk 1.22
gowr link --force --bind ~/sdk 1.22
mounts sdk
gowr link --remove ~/sdk
mounts sdk
umount ~/sdk
touch ~/file
gowr link --bind ~/file 1.22
ls ~/.local/share/gowr
";
    assert_data_eq!(
        script(&world, lines).run().snapshot(),
        str![[r#"
gowr: nothing can be mounted on [HOME]/sdk
  there is something in it, which would be hidden
  run: gowr link --force --bind [HOME]/sdk
[HOME]/sdk now leads to [GOWR]/toolchains/go1.22.12, and follows the newest 1.22 here
gowr: warning: [HOME]/sdk will be gone when this machine starts again: nothing here can mount what gowr would have mounted at boot: systemd is not PID 1, and this is not WSL
  run: echo '[GOWR]/toolchains/go1.22.12 [HOME]/sdk none bind 0 0' >> /etc/fstab
[HOME]/sdk is removed
theirs
gowr: nothing can be mounted on [HOME]/sdk
  something else is mounted there
  run: gowr link --force --bind [HOME]/sdk
[HOME]/sdk now leads to [GOWR]/toolchains/go1.22.12, and follows the newest 1.22 here
gowr: warning: [HOME]/sdk will be gone when this machine starts again: nothing here can mount what gowr would have mounted at boot: systemd is not PID 1, and this is not WSL
  run: echo '[GOWR]/toolchains/go1.22.12 [HOME]/sdk none bind 0 0' >> /etc/fstab
2
[HOME]/sdk is removed
1
gowr: nothing can be mounted on [HOME]/file
  it is a file, and not a directory
  run: mv [HOME]/file [HOME]/file.old
bin
links
toolchains

"#]]
    );
}

/// At no instant is there no GOROOT. (What is started at that instant may find itself in the other one: see the book.)
#[test]
fn switched_under_load() {
    let times = if cfg!(feature = "long") { 500 } else { 40 };
    let world = World::with_fakes(&[OLD, NEW]).inside(&Root::alpine());
    let lines = format!(
        r#"gowr link --bind ~/sdk 1.22 > /dev/null 2>&1
look() {{
    seen=0
    while [ ! -e ~/stop ]; do
        read -r version < ~/sdk/VERSION || echo "nothing there"
        case $version in {OLD}|{NEW}) seen=$((seen + 1));; *) echo "neither: $version";; esac
    done
    echo "$seen" > ~/seen-$1
}}
for number in 1 2 3 4; do look $number & done
for time in $(seq {times}); do
    gowr link --bind ~/sdk 1.26 > /dev/null 2>&1 || echo "not switched"
    gowr link --bind ~/sdk 1.22 > /dev/null 2>&1 || echo "not switched"
done
touch ~/stop
wait
mounts sdk
head -n 1 ~/sdk/VERSION
gowr link --remove ~/sdk > /dev/null 2>&1 || echo "not removed"
test ! -e ~/sdk || echo "left behind"
"#
    );
    let outcome = script(&world, &lines).run();
    assert_eq!(outcome.success().stdout(), format!("1\n{OLD}\n"), "{}", outcome.report());
    let seen = (1..=4).map(|number| world.read(format!("seen-{number}")));
    let seen: usize = seen.map(|count| count.trim().parse::<usize>().unwrap()).sum();
    println!("{} switches of a mount: looked {seen} times, 0 errors", 2 * times);
    assert!(seen > 1000, "{seen}");
}
