#![expect(clippy::cast_possible_truncation, reason = "small trees")]

use proptest::prelude::*;

use super::*;

const RECORD: &str = "golang.org/toolchain v0.0.1-go1.21.9.linux-amd64 h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=\n\
    golang.org/toolchain v0.0.1-go1.21.9.linux-amd64/go.mod h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=\n";

#[test]
fn a_published_record() {
    let answer = format!("24929362\n{RECORD}\ngo.sum database tree\n");
    let record = Record::parse(answer.as_bytes()).expect("a record");
    assert_eq!((record.number, record.text), (24_929_362, RECORD));
    assert_eq!(record.rest, b"go.sum database tree\n");
    let module = "golang.org/toolchain v0.0.1-go1.21.9.linux-amd64";
    assert_eq!(record.hash_of(module), Some("h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0="));
    let go_mod = format!("{module}/go.mod");
    assert_eq!(record.hash_of(&go_mod), Some("h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0="));
    assert_eq!(record.hash_of("golang.org/toolchain v0.0.1-go1.21.9.linux"), None);
    // As computed by an independent program over the same text.
    assert_eq!(Hash::of_record(RECORD.as_bytes()).to_string(), RECORD_HASH);
}

const RECORD_HASH: &str = "A/+TP2a1pyCJM2jsWxhtn8S+e4UYsO5MYbxns1Xhj+o=";

#[test]
fn a_record_with_two_hashes_has_none() {
    let record = |text| Record { number: 0, text, rest: b"" };
    assert_eq!(record("m v h1:a\nm v h1:a\n").hash_of("m v"), Some("h1:a"));
    assert_eq!(record("m v h1:a\nm v h1:b\n").hash_of("m v"), None);
    assert_eq!(record("m v h2:a\nm v h1:b\n").hash_of("m v"), Some("h1:b"));
    assert_eq!(record("m v2 h1:a\n").hash_of("m v"), None);
}

#[test]
fn malformed_records() {
    for answer in [
        "",
        "1",
        "1\n",
        "1\ntext\n",
        "x\ntext\n\n",
        "-1\ntext\n\n",
        "01\ntext\n\n",
        "1\nte\txt\n\n",
        "9223372036854775808\ntext\n\n",
        "1\n\n\n",
    ] {
        assert_eq!(Record::parse(answer.as_bytes()), None, "{answer:?}");
    }
    assert_eq!(Record::parse(b"1\nte\xffxt\n\n"), None);
    assert_eq!(Record::parse(b"1\ntext\n\n").map(|record| record.rest.len()), Some(0));
}

#[test]
fn heads() {
    let root = Hash::empty().to_string();
    assert_eq!(root, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let head =
        |size: &str, root: &str| Head::parse(&format!("go.sum database tree\n{size}\n{root}\n"));
    assert_eq!(head("5", &root), Some(Head { size: 5, root: Hash::empty() }));
    assert_eq!(head("5", &format!("{root}\nmore\nlines")).map(|head| head.size), Some(5));
    for (size, root) in [
        ("05", root.as_str()),
        ("-5", &root),
        ("+5", &root),
        ("5 ", &root),
        ("5", "AAAA"),
        ("5", "?"),
        ("9223372036854775808", &root),
    ] {
        assert_eq!(head(size, root), None, "{size} {root}");
    }
    assert_eq!(Head::parse(&format!("go.sum database tree v2\n5\n{root}\n")), None);
    assert_eq!(Head::parse(&format!("go.sum database tree\n5\n{root}")), None);
}

/// RFC 6962, section 2.1, word for word.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::of_node(root_by_definition(left), root_by_definition(right))
        }
    }
}

proptest! {
    #[test]
    fn the_peaks_make_the_root(size in 0_usize..300) {
        let leaves: Vec<Hash> = (0..size).map(|n| Hash::of_record(&n.to_le_bytes())).collect();
        let peaks: Vec<Hash> = Head::peaks(size as u64)
            .map(|peak| {
                let first = (peak.index << peak.level) as usize;
                root_by_definition(&leaves[first..first + (1 << peak.level)])
            })
            .collect();
        prop_assert_eq!(Head::root_of(&peaks), root_by_definition(&leaves));
    }

    #[test]
    fn parsers_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "(go.sum database tree\n)?[0-9\n]{0,30}\\PC{0,50}") {
        let _ = Record::parse(&bytes);
        let _ = Record::parse(text.as_bytes());
        let _ = Head::parse(&text);
    }
}
