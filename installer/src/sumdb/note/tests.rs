use proptest::prelude::*;

use super::*;
use crate::services::DEFAULT_GOSUMDB_KEY;
use crate::sumdb::tree::Head;

/// Two heads of the public checksum database.
pub(in crate::sumdb) const PUBLISHED: [(&str, u64, &str); 2] = [
    (
        "go.sum database tree\n28905453\nf3f8U0MoQmXkWAgAEKDtXcaI3c2y6N9+55KNSRefF/w=\n\n\u{2014} sum.golang.org \
         Az3grr4J9x4SApup87osjthKONInbYdbN37ZskrLF12HIbhDuxOBTzt8Z2jUKbCvxYWrw0yNgshddOzt7pZEl7aSCw8=\n",
        28_905_453,
        "f3f8U0MoQmXkWAgAEKDtXcaI3c2y6N9+55KNSRefF/w=",
    ),
    (
        "go.sum database tree\n28891140\n++pUIeKTwGvykMUkmM3AT97PwQipMT6H/p7t86E0Sp0=\n\n\u{2014} sum.golang.org \
         Az3grqNvOILDz7xwAKugtVFZwd+I9IyB/mHrUYzcVaS9zKsRVdRLNGLFpnAcLhyoBBkdIYEzK/+7Eu4wanYttLrPsQo=\n",
        28_891_140,
        "++pUIeKTwGvykMUkmM3AT97PwQipMT6H/p7t86E0Sp0=",
    ),
];

fn verifier() -> Verifier {
    Verifier::parse(DEFAULT_GOSUMDB_KEY).expect("a key")
}

#[test]
fn published_heads_verify() {
    assert_eq!((verifier().name(), verifier().hash().as_str()), ("sum.golang.org", "033de0ae"));
    for (note, size, root) in PUBLISHED {
        let head =
            Head::parse(open(note.as_bytes(), &verifier()).expect("signed")).expect("a head");
        assert_eq!((head.size, head.root.to_string().as_str()), (size, root));
    }
}

#[test]
fn any_change_is_noticed() {
    let note = PUBLISHED[0].0.as_bytes();
    for at in 0..note.len() {
        for change in [0x01, 0x80] {
            let mut changed = note.to_vec();
            changed[at] ^= change;
            assert!(open(&changed, &verifier()).is_err(), "byte {at}");
        }
        assert!(open(&note[..at], &verifier()).is_err(), "cut at {at}");
    }
}

#[test]
fn other_signatures_are_passed_over_and_a_wrong_one_is_not() {
    let (text, signature) = PUBLISHED[0].0.split_once("\n\n").expect("a note");
    let other = "\u{2014} other.example AAAAAAAA\n";
    let opens = |signatures: String| {
        open(format!("{text}\n\n{signatures}").as_bytes(), &verifier()).map(str::len)
    };
    assert_eq!(opens(format!("{other}{signature}{signature}")), Ok(text.len() + 1));
    assert_eq!(opens(other.to_owned()), Err(NoteError::Unsigned));
    let wrong = signature.replace("J9x4", "J9x5");
    assert_eq!(opens(format!("{signature}{wrong}")), Err(NoteError::InvalidSignature));
    for malformed in [
        "",
        "\u{2014} x\n",
        "- sum.golang.org AAAAAAAA\n",
        "\u{2014} a+b AAAAAAAA\n",
        "\u{2014} a AAAA\n",
    ] {
        assert_eq!(
            opens(format!("{signature}{malformed}x")),
            Err(NoteError::Malformed),
            "{malformed}"
        );
    }
    assert_eq!(opens(other.repeat(101)), Err(NoteError::Malformed));
}

#[test]
fn keys() {
    let key = DEFAULT_GOSUMDB_KEY;
    for (changed, error) in [
        (String::from("on"), KeyError::Malformed),
        (key.replace('+', "-"), KeyError::Malformed),
        (key.replace("sum.golang.org", ""), KeyError::Malformed),
        (key.replace("sum.golang.org", "sum golang.org"), KeyError::Malformed),
        (key.replace("033de0ae", "33de0ae"), KeyError::Malformed),
        (key.replace("033de0ae", "+33de0ae"), KeyError::Malformed),
        (key.replace("033de0ae", "033de0af"), KeyError::WrongHash),
        (key.replace("sum.golang.org", "sum.golang.com"), KeyError::WrongHash),
        (key.replace("Ac4", "Ac5"), KeyError::WrongHash),
        // The hash is right, the algorithm is not, or the key is too short.
        (String::from("x+ef1c78b5+Ag=="), KeyError::UnknownAlgorithm),
        (String::from("x+bfab3167+AQ=="), KeyError::Malformed),
    ] {
        assert_eq!(Verifier::parse(&changed), Err(error), "{changed}");
    }
}

proptest! {
    #[test]
    fn nothing_else_is_a_note(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,40}(\n\n\u{2014} [a-z]{1,9} [A-Za-z0-9+/=]{0,99}\n)?") {
        prop_assert!(open(&bytes, &verifier()).is_err());
        prop_assert!(open(text.as_bytes(), &verifier()).is_err());
        let _ = Verifier::parse(&text);
    }
}
