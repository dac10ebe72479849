use super::*;

fn names(text: &str) -> Vec<ToolchainName> {
    text.split(' ').map(name).collect()
}

fn name(text: &str) -> ToolchainName {
    ToolchainName::parse(text).expect(text)
}

fn question(skip: &[&str], prereleases: bool) -> Question {
    Question {
        good: String::from("1.20"),
        bad: String::from("1.22"),
        prereleases,
        skip: skip.iter().map(|it| (*it).to_owned()).collect(),
        command: vec![String::from("go"), String::from("test")],
    }
}

fn state(releases: &str, good: &str, bad: &str) -> State {
    State::new(question(&[], false), &names(releases), name(good), name(bad)).expect("a search")
}

fn step(go: &str, verdict: Verdict) -> Step {
    Step { go: go.to_owned(), verdict, exit: Some(0), seconds: 0.0, reason: None }
}

/// Searches a history: a letter a release, `g`, `b` or `s`. Gives what was tried and the answer.
fn search(history: &str) -> (Vec<usize>, Next) {
    let verdict = |letter| match letter {
        'g' => Verdict::Good,
        'b' => Verdict::Bad,
        _ => Verdict::Skip,
    };
    let truth: Vec<_> = history.chars().map(verdict).collect();
    let mut known = vec![None; truth.len()];
    let older = truth[0];
    let mut tried = Vec::new();
    loop {
        match search::next(&known, older) {
            Next::Try(index) => {
                assert_eq!(known[index], None, "{history}: {index} is tried twice");
                known[index] = Some(truth[index]);
                tried.push(index);
            }
            next => return (tried, next),
        }
    }
}

fn answer(history: &str) -> (usize, usize) {
    match search(history).1 {
        Next::Found(Answer { last, first }) => (last, first),
        next => panic!("{history}: {next:?}"),
    }
}

#[test]
fn each_place_of_a_change_is_found_in_both_directions() {
    for length in 2..40 {
        for first in 1..length {
            for (older, newer) in [("g", "b"), ("b", "g")] {
                let history = older.repeat(first) + &newer.repeat(length - first);
                let (tried, next) = search(&history);
                let expected = Answer { last: first - 1, first };
                assert_eq!(next, Next::Found(expected), "{history}");
                let most = 2 + (usize::BITS - (length - 2).leading_zeros()) as usize;
                assert!(tried.len() <= most, "{history}: {tried:?}");
            }
        }
    }
}

#[test]
fn what_is_skipped_is_gone_round() {
    for (history, expected) in [
        ("gsb", (0, 2)),
        ("gsssb", (0, 4)),
        ("ggsbb", (1, 3)),
        ("gssgb", (3, 4)),
        ("gbssb", (0, 1)),
        ("gssssgbsssb", (5, 6)),
        ("ggggsssbbbb", (3, 7)),
        ("bbsgg", (1, 3)),
        ("gb", (0, 1)),
    ] {
        assert_eq!(answer(history), expected, "{history}");
    }
}

#[test]
fn where_results_go_to_and_fro_one_change_is_found() {
    for history in ["gbgb", "gbgbgbgb", "ggbbggbb", "gbbbgggb", "gsbsgsb", "gbsgsbsgb"] {
        let (last, first) = answer(history);
        let letters: Vec<_> = history.chars().collect();
        assert_eq!((letters[last], letters[first]), ('g', 'b'), "{history}");
        assert!(letters[last + 1..first].iter().all(|letter| *letter == 's'), "{history}");
    }
}

#[test]
fn ends_that_are_not_what_they_were_said_to_be() {
    let verdicts = |text: &str| -> Vec<_> {
        let verdict = |letter| match letter {
            'g' => Some(Verdict::Good),
            'b' => Some(Verdict::Bad),
            's' => Some(Verdict::Skip),
            _ => None,
        };
        text.chars().map(verdict).collect()
    };
    for (known, expected) in [
        ("...", Next::Try(0)),
        ("g..", Next::Try(2)),
        ("b..", Next::WrongEnd(0, Verdict::Good)),
        ("s..", Next::WrongEnd(0, Verdict::Good)),
        ("g.g", Next::WrongEnd(2, Verdict::Bad)),
        ("g.s", Next::WrongEnd(2, Verdict::Bad)),
        ("g.b", Next::Try(1)),
    ] {
        assert_eq!(search::next(&verdicts(known), Verdict::Good), expected, "{known}");
    }
}

#[test]
fn steps_that_are_left() {
    let left = |text: &str| {
        let known: Vec<_> = text.chars().map(|it| (it != '.').then_some(Verdict::Good)).collect();
        search::remaining(&known, Verdict::Good)
    };
    for (known, expected) in [("..", 2), ("g.", 1), ("...", 3), (".......", 5), ("g.......", 4)] {
        assert_eq!(left(known), expected, "{known}");
    }
}

#[test]
fn releases_between_the_ends_in_the_order_of_go() {
    let all = "go1.22.1 go1.9 go1.21.0 go1.21rc2 go1.20 go1.20.14 go1.22rc1 go1.20.2 go1.21.10 \
               go1.21.9 go1.22.0 go1.22.0-custom go1.19.3";
    let of = |state: &State| state.releases.join(" ");
    let found = state(all, "go1.20.2", "go1.22.1");
    assert_eq!(of(&found), "go1.20.2 go1.20.14 go1.21.0 go1.21.9 go1.21.10 go1.22.0 go1.22.1");
    assert_eq!(found.older, Verdict::Good);
    // The other way round: what is looked for is the release that mends it.
    let mended = state(all, "go1.21.10", "go1.20.14");
    assert_eq!(of(&mended), "go1.20.14 go1.21.0 go1.21.9 go1.21.10");
    assert_eq!(mended.older, Verdict::Bad);
    let with = State::new(question(&[], true), &names(all), name("go1.20"), name("go1.22.0"));
    assert_eq!(
        of(&with.expect("a search")),
        "go1.20 go1.20.2 go1.20.14 go1.21rc2 go1.21.0 go1.21.9 go1.21.10 go1.22rc1 go1.22.0"
    );
    // An end counts whatever it is.
    assert_eq!(of(&state(all, "go1.21.10", "go1.22rc1")), "go1.21.10 go1.22rc1");
    let same = State::new(question(&[], false), &[], name("go1.20"), name("go1.20"));
    same.expect_err("both good and bad");
}

#[test]
fn exit_statuses_mean_what_they_mean_to_git() {
    for (status, expected) in [
        (0, Some(Verdict::Good)),
        (1, Some(Verdict::Bad)),
        (124, Some(Verdict::Bad)),
        (125, Some(Verdict::Skip)),
        (126, Some(Verdict::Bad)),
        (127, Some(Verdict::Bad)),
        (128, None),
        (130, None),
        (255, None),
        (-1, None),
    ] {
        assert_eq!(Verdict::of_exit_status(status), expected, "{status}");
    }
}

#[test]
fn a_search_is_kept_and_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = StateFile::of_project(directory.path(), Path::new("/p/one"));
    assert_ne!(file, StateFile::of_project(directory.path(), Path::new("/p/two")));
    assert_eq!(file.read().expect("nothing"), None);
    let mut begun = state("go1.21.0 go1.21.1 go1.21.2", "go1.20", "go1.22.0");
    for index in [0, 4, 2] {
        assert_eq!(begun.next(), Next::Try(index));
        let verdict = if index == 4 { Verdict::Bad } else { Verdict::Good };
        begun.steps.push(step(begun.release(index).expect("a release").as_str(), verdict));
        begun.save(&file).expect("saved");
        begun = file.read().expect("read").expect("a search");
    }
    assert_eq!(begun.next(), Next::Try(3));
    assert_eq!(begun.remaining(), 1);
    file.forget().expect("forgotten");
    file.forget().expect("nothing");
    assert_eq!(file.read().expect("nothing"), None);
}

#[test]
fn a_file_that_says_nothing_is_an_error_with_a_way_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = StateFile::of_project(directory.path(), Path::new("/p"));
    let good = state("go1.21.0", "go1.20", "go1.22.0");
    good.save(&file).expect("saved");
    let text = fs::read_to_string(file.path()).expect("read");
    for (from, to) in [
        ("\"schema\": 1", "\"schema\": 2"),
        ("go1.21.0", "../x"),
        ("{", "["),
        ("\"older\": \"good\"", "\"older\": \"skip\""),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(file.path(), text.replacen(from, to, 1)).expect("written");
        let error = file.read().expect_err(to);
        assert_eq!(error.fix().as_deref(), Some("gowr bisect --reset"), "{to}");
    }
}

#[test]
fn one_at_a_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = StateFile::of_project(directory.path(), Path::new("/p"));
    let turn = file.take_turn().expect("the turn");
    let error = file.take_turn().expect_err("it is taken");
    assert!(error.fix().is_some());
    drop(turn);
    file.take_turn().expect("the turn");
}
