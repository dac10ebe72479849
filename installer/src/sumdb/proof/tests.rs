use std::convert::Infallible;

use ring::signature::{Ed25519KeyPair, KeyPair};

use super::*;

/// The hash over the records `first..end`, from the definition (RFC 6962, section 2.1).
fn merkle(first: u64, end: u64) -> Hash {
    match end - first {
        0 => Hash::empty(),
        1 => Hash::of_record(record(first).as_bytes()),
        count => {
            let split = first + largest_power_below(count);
            Hash::of_node(merkle(first, split), merkle(split, end))
        }
    }
}

fn record(number: u64) -> String {
    format!("example.com/m v1.0.{number} h1:x\n")
}

fn key() -> (Ed25519KeyPair, Verifier, Vec<u8>) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
    let key = [&[1], pair.public_key().as_ref()].concat();
    let hash = ring::digest::digest(&ring::digest::SHA256, &[b"log.example\n", &*key].concat());
    let hash = hash.as_ref()[..4].to_vec();
    let digits = u32::from_be_bytes(hash[..].try_into().expect("four"));
    let text = format!("log.example+{digits:08x}+{}", STANDARD.encode(key));
    (pair, Verifier::parse(&text).expect("a key"), hash)
}

fn signed(size: u64, root: Hash) -> String {
    let (pair, _, hash) = key();
    let text = format!("go.sum database tree\n{size}\n{root}\n");
    let signature = [&*hash, pair.sign(text.as_bytes()).as_ref()].concat();
    format!("{text}\n\u{2014} log.example {}\n", STANDARD.encode(signature))
}

fn proof(number: u64, size: u64) -> Proof {
    let path = path(number, size, |node| {
        let first = node.index << node.level;
        Ok::<_, Infallible>(merkle(first, first + (1 << node.level)))
    });
    let Ok(path) = path;
    let text = record(number);
    let record = Record { number, text: &text, rest: &[] };
    Proof::new(&record, path, signed(size, merkle(0, size)).as_bytes()).expect("text")
}

/// Of the public database: go1.22.12 for linux-amd64, in the tree of 2026-11-24.
const PUBLISHED: &str = "\
c2sp.org/tlog-proof@v1
extra Z29sYW5nLm9yZy90b29sY2hhaW4gdjAuMC4xLWdvMS4yMi4xMi5saW51eC1hbWQ2NCBoMTpIZGg0VkpBbERXek1uaEtwcUR3cUpKcitzRTdOZ3NKODZkeVI0d3J2Mm9ZPQpnb2xhbmcub3JnL3Rvb2xjaGFpbiB2MC4wLjEtZ28xLjIyLjEyLmxpbnV4LWFtZDY0L2dvLm1vZCBoMTo4d2xnNjhOcXdXN2VNbkkxYUFCay9DMnBEWVhqOG1yTVk0VHlSZmlMZVMwPQo=
index 34368482
5P/r0Q9XGx8iHojKiyZjBvP6kl86ekkrRZ+Gff6zoBg=
ZVfMVEuN8Q8DB1so+eRgspqeRmzJIlYHGD1PyGtkCTU=
U5h7ZyvahhHRUCO4aR5tA2PhwA+SaBlX+L0CZSix7n0=
d+hJm8Q53I4rddyu/8rJfRGagB1gVOsrqUS+98eHKDs=
9RG0OSb9t5i8dyxiSw+qY97XnykUcxwbRaQMh5sybDk=
MQJrnTpAsJcZCMVAU4I8LfnVaHEn8lKBg0EvAAiaCQw=
3mRGKmjODX6SRvFFqJx5fLwXcW4qrwsI/tqDYQLAEtw=
MVc0QDLtHww+av+TCpUXnKUdT78bSDjeXY85Qk9sfa8=
ooIqENWJxkKdTRciWqIsH72ynbkewvhC+74/6BtU0Ck=
y8kIlegWlSoni+cBI6cO+M+dqSsAXiN6B2n+jwhPIos=
pPOB+f24Sc59qerVg6GJtBdREml+8y4c7SyPrsDyEfs=
M47uDD5IZgUYGimbL9unZlewtJamtSjevyPUNNWXyCA=
q60K4wAxBG23KIXLGV6av1zhxghMrDPLUgqBFO7v/zs=
c4EVk7TdZZ6OxPwx3JERDXAfgFL57guIHTOFmcAto9Q=
tP80XUouYR6AyZfkAf+4szI25leEypWexvFZxG3lqr8=
QMXKjck4Mh3L6lgRZyFUEsNEN4efwT1HqnJ+Tt8oaco=
GCqF6LgTEELscMq1gUWYkbG93vp1QLdX7pSXDlFY5Ww=
LS1LlCqaLWRQkkW2VdpFrD2539hB/tPeyfTikywqbmw=
9FVq9rZXfO+YiDgXl8LLOYENVkV/DrX2MYOko9zNSVo=
kZlwPQ0XVGHSSQILfqThncDa5VH0fez/6+7Ko9DCHqk=
UNK2A1lkUI982RL1Z/ZB/NdXoaTcRQ5qdLPm3OhAE94=
tajoNMwUTXIHmvpKYD++fkQP464vxcFq6QcAdrNtng4=
fEymvlTrEyIWnWalu549MGY4sS0Nky5pd2Ps4cMzJ0c=
HylvRFWkAuPMrqSHltikXn/NY9tK9xw2B0ZEOtp3uPk=
1QRlczdtJn9zQ9p+bUBqJ+1WYce7PfJY8Htv9jeydqM=
xJ20xXM4QItt5vxFOtolZ5l18p7ej1+RimNkgWmoRFM=

go.sum database tree
66332798
czPocWFmMwQrSENohgEPvFiqA+2i/3lRZhHbxtma2UQ=

\u{2014} sum.golang.org Az3grh19zTBOmg0dGOAELF5SP1N/QTSsuYwquERee13uccsbttgwVlS/0MhlHd7IEvb6fQVKmu7XFovf0PT1tKOnHQo=
";

#[test]
fn a_published_release() {
    let verifier = Verifier::parse(crate::services::DEFAULT_GOSUMDB_KEY).expect("a key");
    let proof = Proof::parse(PUBLISHED.as_bytes()).expect("a proof");
    let record = proof.verify(&verifier).expect("proved");
    assert_eq!(
        record.hash_of("golang.org/toolchain v0.0.1-go1.22.12.linux-amd64"),
        Some("h1:Hdh4VJAlDWzMnhKpqDwqJJr+sE7NgsJ86dyR4wrv2oY=")
    );
    assert_eq!(proof.to_string(), PUBLISHED);
}

#[test]
fn every_record_of_every_small_tree() {
    let (_, verifier, _) = key();
    for size in 1..40 {
        for number in 0..size {
            let proof = Proof::parse(proof(number, size).to_string().as_bytes()).expect("parsed");
            let proved = proof.verify(&verifier).expect("proved");
            assert_eq!((proved.number, proved.text), (number, record(number).as_str()));
        }
    }
}

#[test]
fn every_lie_is_refused() {
    let (_, verifier, _) = key();
    let good = proof(11, 29);
    good.verify(&verifier).expect("proved");
    let lies: [fn(&mut Proof); 7] = [
        |it| it.record = record(12),
        |it| it.number = 12,
        |it| it.number = 29,
        |it| it.path.truncate(it.path.len() - 1),
        |it| it.path.push(Hash::empty()),
        |it| it.path.swap(0, 1),
        |it| it.path[2].0[5] ^= 1,
    ];
    for lie in lies {
        let mut proof = good.clone();
        lie(&mut proof);
        assert_eq!(proof.verify(&verifier), Err(ProofError::Outside), "{proof}");
    }
    // Another tree's root, with the old signature.
    let mut proof = good;
    proof.note = proof.note.replacen("29", "28", 1);
    let error = proof.verify(&verifier).expect_err("changed");
    assert_eq!(error, ProofError::Unsigned(note::NoteError::InvalidSignature));
}

#[test]
fn texts_that_are_no_proofs() {
    let good = proof(3, 5).to_string();
    assert!(good.starts_with("c2sp.org/tlog-proof@v1\nextra "), "{good}");
    for bad in [
        String::new(),
        good.replace("@v1", "@v2"),
        good.replace("extra ", "extras "),
        good.replace("index 3", "index 03"),
        good.replace("index 3", "index -3"),
        good.replacen("\n\n", "\n", 2),
        good.replace("index 3\n", "index 3\nx\n"),
        good.replace(
            "index 3\n",
            &format!("index 3\n{}", format!("{}\n", Hash::empty()).repeat(64)),
        ),
    ] {
        assert_eq!(Proof::parse(bad.as_bytes()), Err(ProofError::Malformed), "{bad}");
    }
    assert_eq!(Proof::parse(b"\xff\n\n"), Err(ProofError::Malformed));
}
