//! A web server on loopback over a directory of files: GOPROXY is a tree of files and nothing more, plus ranges.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

/// Serves `directory` until the program ends; gives the server's address, `http://127.0.0.1:…`.
pub(crate) fn start(directory: &Path) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let directory = directory.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let directory = directory.clone();
            thread::spawn(move || connection(&stream, &directory));
        }
    });
    Ok(address)
}

/// Answers one request after the other, until the client hangs up.
fn connection(stream: &TcpStream, directory: &Path) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(request) = lines.next() {
        let request = request?;
        let mut range = None;
        for header in lines.by_ref() {
            let header = header?.to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            range = range.or(header.strip_prefix("range: bytes=").map(str::to_owned));
        }
        answer(stream, directory, &request, range.as_deref())?;
    }
    Ok(())
}

fn answer(
    mut stream: &TcpStream,
    directory: &Path,
    request: &str,
    range: Option<&str>,
) -> io::Result<()> {
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path: PathBuf =
        directory.join(path.split('?').next().unwrap_or_default().trim_matches('/'));
    if path.components().any(|part| part.as_os_str() == "..") || !path.is_file() {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let (first, end) = range.and_then(|range| bounds(range, size)).unwrap_or((0, size));
    let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
    let last = end.saturating_sub(1);
    let content_range = format!("Content-Range: bytes {first}-{last}/{size}\r\n");
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nAccept-Ranges: bytes\r\nETag: \"{size}\"\r\n{}\r\n",
        end - first,
        if range.is_some() { &content_range } else { "" },
    )?;
    if method != "HEAD" {
        file.seek(SeekFrom::Start(first))?;
        io::copy(&mut file.take(end - first), &mut stream)?; // sendfile
    }
    Ok(())
}

/// `first-last`, `first-` or `-count` as first byte and end.
fn bounds(range: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = range.split_once('-')?;
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => Some((first, size.min(last + 1))),
        (Ok(first), Err(_)) => Some((first, size)),
        (Err(_), Ok(count)) => Some((size.saturating_sub(count), size)),
        (Err(_), Err(_)) => None,
    }
}
