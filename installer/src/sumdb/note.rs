//! Signed notes: a text with signatures below it (`golang.org/x/mod/sumdb/note`).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};

/// The only signature algorithm there is.
const ED25519_ALGORITHM: u8 = 1;
/// More signatures than anyone needs; the limit of `golang.org/x/mod/sumdb/note`.
const MAXIMUM_SIGNATURES: usize = 100;
/// An em dash and a space, before each signature.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// Why something is no note, or not one that the key's owner signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the form of a note.
    #[error("malformed note")]
    Malformed,
    /// Signed by others only.
    #[error("note has no verifiable signatures")]
    Unsigned,
    /// The key's owner did not sign this text.
    #[error("invalid signature")]
    InvalidSignature,
}

/// Why a text is not the key of a checksum database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `NAME+HASH+KEY`.
    #[error("malformed verifier id")]
    Malformed,
    /// Another kind of key than Ed25519.
    #[error("unknown verifier algorithm")]
    UnknownAlgorithm,
    /// The hash is not that of the name and the key.
    #[error("invalid verifier hash")]
    WrongHash,
}

/// The public key that a server signs its notes with, and the server's name.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    hash: [u8; 4],
    key: [u8; 32],
}

impl Verifier {
    /// Parses `NAME+HASH+KEY`: eight hexadecimal digits, and base64 of the algorithm and the key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, rest) = text.split_once('+').ok_or(KeyError::Malformed)?;
        let (hash, key) = rest.split_once('+').ok_or(KeyError::Malformed)?;
        if !is_name(name) || hash.len() != 8 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyError::Malformed);
        }
        let hash = u32::from_str_radix(hash, 16).map_err(|_| KeyError::Malformed)?.to_be_bytes();
        let key = STANDARD.decode(key).map_err(|_| KeyError::Malformed)?;
        let (algorithm, public) = key.split_first().ok_or(KeyError::Malformed)?;
        if hash != key_hash(name, &key) {
            return Err(KeyError::WrongHash);
        }
        if *algorithm != ED25519_ALGORITHM {
            return Err(KeyError::UnknownAlgorithm);
        }
        let key = public.try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self { name: name.to_owned(), hash, key })
    }

    /// The server's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Eight hexadecimal digits that tell the server's keys apart.
    pub fn hash(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.hash))
    }

    fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.key).verify(text, signature).is_ok()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Verifier({}+{})", self.name, self.hash())
    }
}

/// The text of a note, once its signature is verified.
///
/// As in Go, signatures by unknown keys are passed over and a wrong one by this key is an error, even beside a
/// good one.
pub fn open<'a>(message: &'a [u8], verifier: &Verifier) -> Result<&'a str, NoteError> {
    let message = std::str::from_utf8(message).map_err(|_| NoteError::Malformed)?;
    if message.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(NoteError::Malformed);
    }
    let split = message.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, signatures) = (&message[..=split], &message[split + 2..]);
    let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
    let mut signed = false;
    for (number, line) in signatures.split('\n').enumerate() {
        let line = line.strip_prefix(SIGNATURE_PREFIX).ok_or(NoteError::Malformed)?;
        let (name, signature) = line.split_once(' ').ok_or(NoteError::Malformed)?;
        let signature = STANDARD.decode(signature).map_err(|_| NoteError::Malformed)?;
        if !is_name(name) || signature.len() < 5 || number >= MAXIMUM_SIGNATURES {
            return Err(NoteError::Malformed);
        }
        let (hash, signature) = signature.split_at(4);
        if name != verifier.name || hash != verifier.hash {
            continue;
        }
        if !verifier.verifies(text.as_bytes(), signature) {
            return Err(NoteError::InvalidSignature);
        }
        signed = true;
    }
    if signed { Ok(text) } else { Err(NoteError::Unsigned) }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(|character: char| character.is_whitespace() || character == '+')
}

fn key_hash(name: &str, key: &[u8]) -> [u8; 4] {
    let mut content = name.as_bytes().to_vec();
    content.push(b'\n');
    content.extend_from_slice(key);
    let hash = digest(&SHA256, &content);
    let mut first = [0; 4];
    first.copy_from_slice(&hash.as_ref()[..4]);
    first
}

#[cfg(test)]
mod tests;
