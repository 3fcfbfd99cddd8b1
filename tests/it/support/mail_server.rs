//! A mail server that answers as a test tells it to, byte for byte.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Longer than any step of a test takes.
const TIMEOUT: Duration = Duration::from_secs(20);

/// When the server is to answer.
pub struct Moment<'a> {
    /// Which connection, from 0.
    pub connection: usize,
    /// Which email of this connection, from 1; 0 before the first.
    pub email: usize,
    /// GREETING, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, `.` for the end of an email, RSET, QUIT.
    pub step: &'a str,
    /// The line of the client.
    pub line: &'a str,
}

/// What the server does.
#[derive(Clone)]
pub enum Answer {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes, and then it hangs up.
    HangUp(Vec<u8>),
    /// These bytes, after [`MailServer::release`].
    Later(Vec<u8>),
    /// Nothing, ever.
    Silence,
}

/// A line of text.
pub fn say(line: &str) -> Answer {
    Answer::Bytes(format!("{line}\r\n").into_bytes())
}

/// When the server encrypts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encrypts {
    Never,
    AfterStartTls,
    FromTheStart,
}

type Script = dyn Fn(&Moment<'_>) -> Option<Answer> + Send + Sync;

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Listens on a port of its own until it is dropped.
pub struct MailServer {
    pub address: SocketAddr,
    world: Arc<World>,
    _stop: DropGuard,
}

struct World {
    script: Box<Script>,
    encrypts: Encrypts,
    tls: Option<TlsAcceptor>,
    /// The authority that vouches for the server.
    ca_file: Option<PathBuf>,
    _folder: tempfile::TempDir,
    connections: AtomicUsize,
    /// Every line that came, outside of emails.
    lines: Mutex<Vec<String>>,
    /// Every email that came to its end, whatever was answered.
    emails: Mutex<Vec<String>>,
    is_released: watch::Sender<bool>,
}

impl MailServer {
    /// Answers by the script, and friendly where that answers nothing.
    pub async fn start(script: impl Fn(&Moment<'_>) -> Option<Answer> + Send + Sync + 'static) -> Self {
        Self::listening((Ipv4Addr::LOCALHOST, 0).into(), Encrypts::Never, script).await
    }

    pub async fn listening(
        address: SocketAddr,
        encrypts: Encrypts,
        script: impl Fn(&Moment<'_>) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tls = (encrypts != Encrypts::Never).then(|| certificate(folder.path().join("ca.pem")));
        let (tls, ca_file) = tls.unzip();
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::new(World {
            script: Box::new(script),
            encrypts,
            tls,
            ca_file,
            _folder: folder,
            connections: AtomicUsize::new(0),
            lines: Mutex::default(),
            emails: Mutex::default(),
            is_released: watch::Sender::new(false),
        });
        let (stop, tasks, theirs) = (CancellationToken::new(), TaskTracker::new(), Arc::clone(&world));
        let connections = tasks.clone();
        tasks.spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (world, number) = (Arc::clone(&theirs), theirs.connections.fetch_add(1, Ordering::SeqCst));
                connections.spawn(async move { converse(&world, number, Box::new(stream)).await });
            }
        }));
        Self { address, world, _stop: stop.drop_guard() }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Where the certificate of the authority is that vouches for the server.
    pub fn ca_file(&self) -> String {
        self.world.ca_file.as_ref().unwrap().display().to_string()
    }

    pub fn connections(&self) -> usize {
        self.world.connections.load(Ordering::SeqCst)
    }

    /// The lines that came, outside of emails, that begin with this.
    pub fn lines(&self, beginning: &str) -> Vec<String> {
        let lines = self.world.lines.lock().unwrap();
        lines.iter().filter(|line| line.starts_with(beginning)).cloned().collect()
    }

    /// The emails that came, whatever was answered.
    pub fn emails(&self) -> Vec<String> {
        self.world.emails.lock().unwrap().clone()
    }

    /// How many of them are to this address.
    pub fn copies_to(&self, address: &str) -> usize {
        self.emails().iter().filter(|email| email.contains(&format!("To: {address}"))).count()
    }

    /// Waits until so many emails came.
    pub async fn until_emails(&self, count: usize) {
        self.until(|| self.emails().len() >= count).await;
    }

    /// Waits until a line came that begins with this.
    pub async fn until_line(&self, beginning: &str) {
        self.until(|| !self.lines(beginning).is_empty()).await;
    }

    async fn until(&self, happened: impl Fn() -> bool) {
        let waiting = async {
            while !happened() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(TIMEOUT, waiting).await.expect("a client that goes on");
    }

    /// Lets the server give the answers that it has held back.
    pub fn release(&self) {
        self.world.is_released.send_replace(true);
    }
}

/// A certificate for this machine, and the authority that signed it, in a file.
fn certificate(ca_file: PathBuf) -> (TlsAcceptor, PathBuf) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(&ca_file, authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let chain = vec![CertificateDer::from(own.der().to_vec())];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    (Arc::new(config).into(), ca_file)
}

async fn converse(world: &World, connection: usize, stream: Box<dyn Wire>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    if world.encrypts == Encrypts::FromTheStart {
        stream = encrypt(world, stream).await?;
    }
    let (mut email, mut secrets) = (0, 0);
    answer(world, &mut stream, &Moment { connection, email, step: "GREETING", line: "" }).await?;
    loop {
        let line = read_line(&mut stream).await?;
        world.lines.lock().unwrap().push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap().to_ascii_uppercase();
        let step = match secrets {
            2 => "USER",
            1 => "PASSWORD",
            _ => verb.as_str(),
        };
        secrets = if line == "AUTH LOGIN" { 2 } else { usize::saturating_sub(secrets, 1) };
        email += usize::from(step == "MAIL");
        let answered = answer(world, &mut stream, &Moment { connection, email, step, line: &line }).await?;
        match step {
            "STARTTLS" if answered.starts_with(b"220") => stream = encrypt(world, stream).await?,
            "DATA" if answered.starts_with(b"354") => {
                let text = read_email(&mut stream).await?;
                world.emails.lock().unwrap().push(text);
                answer(world, &mut stream, &Moment { connection, email, step: ".", line: "." }).await?;
            }
            "QUIT" => return None,
            _ => {}
        }
    }
}

async fn encrypt(world: &World, stream: BufReader<Box<dyn Wire>>) -> Option<BufReader<Box<dyn Wire>>> {
    let stream = world.tls.as_ref().unwrap().accept(stream.into_inner()).await.ok()?;
    Some(BufReader::new(Box::new(stream)))
}

/// Answers, and says what; `None` where the conversation is over.
async fn answer(world: &World, stream: &mut BufReader<Box<dyn Wire>>, moment: &Moment<'_>) -> Option<Vec<u8>> {
    let (bytes, goes_on) = match (world.script)(moment).unwrap_or_else(|| friendly(world, moment)) {
        Answer::Bytes(bytes) => (bytes, true),
        Answer::HangUp(bytes) => (bytes, false),
        Answer::Later(bytes) => {
            world.is_released.subscribe().wait_for(|is_released| *is_released).await.unwrap();
            (bytes, true)
        }
        Answer::Silence => std::future::pending().await,
    };
    stream.write_all(&bytes).await.ok()?;
    stream.flush().await.ok()?;
    goes_on.then_some(bytes)
}

fn friendly(world: &World, moment: &Moment<'_>) -> Answer {
    let starttls = if world.encrypts == Encrypts::AfterStartTls { "250-STARTTLS\r\n" } else { "" };
    Answer::Bytes(match (moment.step, moment.line) {
        ("GREETING", _) => b"220 test ESMTP\r\n".to_vec(),
        ("EHLO", _) => {
            format!("250-test\r\n{starttls}250-AUTH PLAIN LOGIN\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n").into_bytes()
        }
        ("STARTTLS", _) => b"220 go on\r\n".to_vec(),
        ("AUTH", "AUTH LOGIN") | ("USER", _) => b"334 VXNlcm5hbWU6\r\n".to_vec(),
        ("AUTH" | "PASSWORD", _) => b"235 2.7.0 welcome\r\n".to_vec(),
        ("DATA", _) => b"354 go on\r\n".to_vec(),
        (".", _) => b"250 2.0.0 queued as 42\r\n".to_vec(),
        ("QUIT", _) => b"221 2.0.0 bye\r\n".to_vec(),
        _ => b"250 2.0.0 fine\r\n".to_vec(),
    })
}

async fn read_line(stream: &mut BufReader<Box<dyn Wire>>) -> Option<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).await.ok().filter(|length| *length > 0)?;
    Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

async fn read_email(stream: &mut BufReader<Box<dyn Wire>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match read_line(stream).await?.as_str() {
            "." => return Some(text),
            line => {
                text.push_str(line.strip_prefix('.').unwrap_or(line));
                text.push('\n');
            }
        }
    }
}
