//! A web server on loopback, for tests: one closure answers, and every request is remembered.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a client asks.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The target as sent: a path, or `host:port` for `CONNECT`.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What the server answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Send only so many bytes of the body, then close.
    pub(crate) cut: Option<usize>,
    /// Send the body without saying how long it is.
    pub(crate) is_chunked: bool,
}

impl Response {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn redirect(target: impl Into<String>) -> Self {
        Self::status(302).with("Location", target)
    }

    /// A file, or the range of it that is asked for (RFC 9110, section 14.2).
    pub(crate) fn file(request: &Request, content: &[u8], tag: &str) -> Self {
        let whole = || Self::ok(content).with("ETag", tag);
        let Some(range) = request.header("Range").and_then(|range| range.strip_prefix("bytes="))
        else {
            return whole();
        };
        if request.header("If-Range").is_some_and(|asked| asked != tag) {
            return whole();
        }
        let total = content.len();
        let number = |text: &str| text.parse::<usize>().ok();
        let (first, end) = match range.split_once('-').expect("a range") {
            ("", length) => (total.saturating_sub(number(length).expect("a length")), total),
            (first, last) => (
                number(first).expect("a start"),
                number(last).map_or(total, |last| total.min(last + 1)),
            ),
        };
        if first >= end {
            return Self::status(416).with("Content-Range", format!("bytes */{total}"));
        }
        Self { status: 206, body: content[first..end].to_vec(), ..Self::default() }
            .with("Content-Range", format!("bytes {first}-{}/{total}", end - 1))
            .with("ETag", tag)
    }
}

/// A running server; it ends when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    is_ended: Arc<AtomicBool>,
}

impl Server {
    /// Starts to answer with what `answer` says.
    pub(crate) fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::start_over(|stream| stream, answer)
    }

    /// The same over another transport: `wrap` makes it of a connection.
    pub(crate) fn start_over<S: Read + Write>(
        wrap: impl Fn(TcpStream) -> S + Send + Sync + 'static,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (requests, is_ended) =
            (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (answer, wrap) = (Arc::new(answer), Arc::new(wrap));
        let (log, ended) = (requests.clone(), is_ended.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let (answer, wrap, log) = (answer.clone(), wrap.clone(), log.clone());
                thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
                    stream.set_nodelay(true).expect("no delay");
                    // A client that goes away is its own affair.
                    serve(wrap(stream), &*answer, &log).is_ok()
                });
            }
        });
        Self { address, requests, is_ended }
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }

    /// The paths asked for so far.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    stream: impl Read + Write,
    answer: &dyn Fn(&Request) -> Response,
    log: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream)? {
        log.lock().expect("no panic").push(request.clone());
        let response = answer(&request);
        if !write_response(stream.get_mut(), &response)? {
            break;
        }
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.by_ref().take(64 << 10).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.by_ref().take(64 << 10).read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => return Ok(Some(Request { method, path, headers })),
        }
    }
}

/// Says whether the connection can go on.
fn write_response(stream: &mut impl Write, response: &Response) -> io::Result<bool> {
    let mut stream = BufWriter::new(stream);
    let Response { status, headers, body, cut, is_chunked } = response;
    write!(stream, "HTTP/1.1 {status} Status\r\n")?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    if *is_chunked {
        write!(stream, "Transfer-Encoding: chunked\r\n\r\n")?;
    } else {
        write!(stream, "Content-Length: {}\r\n\r\n", body.len())?;
    }
    let sent = &body[..cut.unwrap_or(body.len()).min(body.len())];
    if *is_chunked {
        for chunk in sent.chunks(10_000) {
            write!(stream, "{:x}\r\n", chunk.len())?;
            stream.write_all(chunk)?;
            stream.write_all(b"\r\n")?;
        }
        if cut.is_none() {
            stream.write_all(b"0\r\n\r\n")?;
        }
    } else {
        stream.write_all(sent)?;
    }
    stream.flush()?;
    Ok(cut.is_none())
}
