use super::*;

#[test]
fn a_cancellation_is_heeded_once_asked() {
    let cancellation = Cancellation::default();
    cancellation.check().expect("goes on");
    assert!(!cancellation.was_heeded());
    cancellation.cancel();
    assert!(!cancellation.was_heeded());
    assert!(matches!(cancellation.check(), Err(Error::Stopped)));
    assert!(cancellation.was_heeded());
}
