//! A web server on loopback over a directory of files: GOPROXY is a tree of files and nothing more, plus ranges.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How much is sent before it is looked at the clock.
const PIECE: u64 = 64 << 10;

/// What is larger is an archive.
const ARCHIVE: u64 = 1 << 20;

/// A server that runs until the program ends.
pub(crate) struct Server {
    /// `http://127.0.0.1:…`
    pub(crate) address: String,
    line: Arc<Line>,
}

/// The line that all answers of a server go over.
struct Line {
    /// Bytes a second, or as many as can be.
    rate: Option<u32>,
    /// When all that was sent so far is through.
    free: Mutex<Instant>,
    /// When the last byte of an archive was sent.
    last_byte: Mutex<Instant>,
}

impl Server {
    /// Serves `directory`, at a rate in bytes a second if there is one.
    pub(crate) fn start(directory: &Path, rate: Option<u32>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", listener.local_addr()?);
        let now = || Mutex::new(Instant::now());
        let line = Arc::new(Line { rate, free: now(), last_byte: now() });
        let (directory, served) = (directory.to_owned(), line.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (directory, line) = (directory.clone(), served.clone());
                thread::spawn(move || connection(&stream, &directory, &line));
            }
        });
        Ok(Self { address, line })
    }

    /// When the last byte of an archive was sent, whatever was sent after it.
    pub(crate) fn last_byte(&self) -> Instant {
        *self.line.last_byte.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Sends a file's part.
    fn send(&self, content: Take<File>, stream: &TcpStream) -> io::Result<()> {
        let is_archive = content.get_ref().metadata()?.len() > ARCHIVE;
        self.send_all(content, stream)?;
        if is_archive {
            *self.last_byte.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        Ok(())
    }

    fn send_all(&self, mut content: Take<File>, mut stream: &TcpStream) -> io::Result<()> {
        let Some(rate) = self.rate else {
            return io::copy(&mut content, &mut stream).map(|_| ()); // sendfile
        };
        let mut piece = Vec::new();
        loop {
            piece.clear();
            if content.by_ref().take(PIECE).read_to_end(&mut piece)? == 0 {
                return Ok(());
            }
            let length = u32::try_from(piece.len()).expect("a small number");
            let through = {
                let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
                let time = Duration::from_secs(1) * length / rate;
                *free = Instant::now().max(*free) + time;
                *free
            };
            thread::sleep(through.saturating_duration_since(Instant::now()));
            stream.write_all(&piece)?;
        }
    }
}

/// Answers one request after the other, until the client hangs up.
fn connection(stream: &TcpStream, directory: &Path, line: &Line) -> io::Result<()> {
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
        answer(stream, directory, line, &request, range.as_deref())?;
    }
    Ok(())
}

fn answer(
    mut stream: &TcpStream,
    directory: &Path,
    line: &Line,
    request: &str,
    range: Option<&str>,
) -> io::Result<()> {
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split('?').next().unwrap_or_default().trim_matches('/');
    let path: PathBuf = directory.join(if path.is_empty() { "index.html" } else { path });
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
        line.send(file.take(end - first), stream)?;
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
