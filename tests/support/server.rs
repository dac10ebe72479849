//! A web server on loopback, for tests: one closure answers, and every request is remembered.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};

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

    /// Forgets a header, as a server does that does not know it.
    pub(crate) fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }
}

/// What the server answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Send only so many bytes of the body, then do as `ending` says.
    pub(crate) cut: Option<usize>,
    pub(crate) ending: Ending,
    /// Send the body without saying how long it is.
    pub(crate) is_chunked: bool,
    /// Say that the body has so many bytes, whatever it has.
    pub(crate) length: Option<u64>,
    /// Send the body again and again until nobody listens any more.
    pub(crate) is_endless: bool,
    /// After each so many bytes of the body, wait so long.
    pub(crate) pace: Option<(usize, Duration)>,
    /// Send this and nothing else, whatever it is.
    pub(crate) raw: Option<Vec<u8>>,
}

/// What comes after the bytes at which a [`Response`] is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The connection is closed.
    #[default]
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing, for so long; then the connection is closed.
    Stall(Duration),
}

impl Response {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// These bytes, be they HTTP or not.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { raw: Some(bytes.into()), ..Self::default() }
    }

    /// Only so many bytes of the body, and then this.
    #[must_use]
    pub(crate) fn cut(self, length: usize, ending: Ending) -> Self {
        Self { cut: Some(length), ending, ..self }
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
    sent: Arc<AtomicU64>,
    is_ended: Arc<AtomicBool>,
}

/// A connection that can be broken.
pub(crate) trait Connection: Read + Write {
    /// Lets the other side see a reset where it would see an end, if that can be had.
    fn reset_when_closed(&self) {}
}

impl Connection for TcpStream {
    fn reset_when_closed(&self) {
        let linger = nix::libc::linger { l_onoff: 1, l_linger: 0 };
        setsockopt(self, sockopt::Linger, &linger).expect("a socket");
    }
}

impl Server {
    /// Starts to answer with what `answer` says.
    pub(crate) fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::start_over(|stream| stream, answer)
    }

    /// The same over another transport: `wrap` makes it of a connection.
    pub(crate) fn start_over<S: Connection>(
        wrap: impl Fn(TcpStream) -> S + Send + Sync + 'static,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (requests, is_ended) =
            (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (answer, wrap) = (Arc::new(answer), Arc::new(wrap));
        let sent = Arc::new(AtomicU64::new(0));
        let (log, count, ended) = (requests.clone(), sent.clone(), is_ended.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let (answer, wrap) = (answer.clone(), wrap.clone());
                let (log, count) = (log.clone(), count.clone());
                thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
                    stream.set_nodelay(true).expect("no delay");
                    // A client that goes away is its own affair.
                    serve(wrap(stream), &*answer, &log, &count).is_ok()
                });
            }
        });
        Self { address, requests, sent, is_ended }
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }

    /// How many bytes of bodies were sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
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
    stream: impl Connection,
    answer: &dyn Fn(&Request) -> Response,
    log: &Mutex<Vec<Request>>,
    sent: &AtomicU64,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream)? {
        log.lock().expect("no panic").push(request.clone());
        let response = answer(&request);
        write_response(stream.get_mut(), &response, sent)?;
        if response.cut.is_some() || response.raw.is_some() {
            match response.ending {
                Ending::Close => {}
                Ending::Reset => stream.get_ref().reset_when_closed(),
                Ending::Stall(time) => thread::sleep(time),
            }
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

fn write_response(
    stream: &mut impl Write,
    response: &Response,
    sent: &AtomicU64,
) -> io::Result<()> {
    let mut stream = BufWriter::new(stream);
    if let Some(raw) = &response.raw {
        stream.write_all(raw)?;
        return stream.flush();
    }
    let Response { status, headers, body, cut, is_chunked, .. } = response;
    write!(stream, "HTTP/1.1 {status} Status\r\n")?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    if *is_chunked {
        write!(stream, "Transfer-Encoding: chunked\r\n\r\n")?;
    } else {
        let length = response.length.unwrap_or(body.len() as u64);
        write!(stream, "Content-Length: {length}\r\n\r\n")?;
    }
    let part = &body[..cut.unwrap_or(body.len()).min(body.len())];
    loop {
        let (size, pause) = response.pace.unwrap_or((10_000, Duration::ZERO));
        for chunk in part.chunks(size) {
            if *is_chunked {
                write!(stream, "{:x}\r\n", chunk.len())?;
            }
            stream.write_all(chunk)?;
            if *is_chunked {
                stream.write_all(b"\r\n")?;
            }
            if !pause.is_zero() {
                stream.flush()?;
                thread::sleep(pause);
            }
            sent.fetch_add(chunk.len() as u64, Ordering::SeqCst);
        }
        if !response.is_endless {
            break;
        }
    }
    if *is_chunked && cut.is_none() {
        stream.write_all(b"0\r\n\r\n")?;
    }
    stream.flush()
}
