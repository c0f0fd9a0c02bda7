//! Reads the user for a Redfish service, and the certificates to trust.

use libnbft::text::bytes_from_hex;
use nbft_connect::nvme::keys::files::{self, REDFISH, RULE, SECRET, absent, judge};
use nbft_connect::nvme::keys::{FileError, FileFault, read_text};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The largest file with certificates, in bytes.
const MAX_CERTIFICATES: u64 = 256 * 1024;

/// Digits of a SHA-256 fingerprint.
const DIGITS: usize = 64;

/// The settings. Each is a file of the directory, or a credential named `nbft.redfish-` and the file's name.
pub(crate) struct Settings {
    /// User name and password.
    pub(crate) user: Option<(Zeroizing<String>, Zeroizing<String>)>,
    /// Certificates of authorities, PEM.
    pub(crate) authorities: Option<String>,
    /// SHA-256 fingerprints of services' certificates.
    pub(crate) fingerprints: Vec<[u8; 32]>,
    /// The places of the settings, for messages.
    pub(crate) places: String,
}

/// Why the settings are not used. No message quotes a setting.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("there is a {there} for Redfish and no {missing}: {places}")]
    Alone { there: &'static str, missing: &'static str, places: String },
    #[error("{}: it must hold one line of text", .0.display())]
    Line(PathBuf),
    #[error("{}: it is longer than {MAX_CERTIFICATES} bytes", .0.display())]
    Long(PathBuf),
    #[error("{}: it is no text", .0.display())]
    Text(PathBuf),
    #[error("{}: line {line} is no SHA-256 fingerprint (64 hex digits, or 32 pairs with colons between them)", path.display())]
    Fingerprint { path: PathBuf, line: u32 },
}

impl SettingsError {
    fn file(path: &Path, fault: FileFault) -> Self {
        Self::File(FileError { path: path.to_path_buf(), fault })
    }
}

/// The places of the settings.
struct Places {
    credentials: Option<PathBuf>,
    directory: PathBuf,
}

impl Settings {
    /// Reads the settings; all paths are under `root`.
    ///
    /// # Errors
    ///
    /// When a setting cannot be used.
    pub(crate) fn read(root: &Path, credentials: Option<PathBuf>) -> Result<Self, SettingsError> {
        let directory = root.join(REDFISH);
        match directory.symlink_metadata() {
            Ok(metadata) => judge(&directory, &metadata, RULE)?,
            Err(error) if absent(&error) => {}
            Err(error) => return Err(SettingsError::file(&directory, FileFault::Unreadable(error.into()))),
        }
        let places = Places { credentials, directory };
        let user = match (places.secret("user")?, places.secret("password")?) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            (Some(_), None) => {
                return Err(SettingsError::Alone {
                    there: "user",
                    missing: "password",
                    places: places.words("password"),
                });
            }
            (None, Some(_)) => {
                return Err(SettingsError::Alone { there: "password", missing: "user", places: places.words("user") });
            }
        };
        let fingerprints = places.text("fingerprint")?.map(|(path, text)| parse(&path, &text)).transpose()?;
        Ok(Self {
            user,
            authorities: places.text("ca")?.map(|(_, text)| text),
            fingerprints: fingerprints.unwrap_or_default(),
            places: places.words("NAME"),
        })
    }
}

impl Places {
    /// The files for a setting, and whether to check their permissions.
    fn of(&self, name: &str) -> impl Iterator<Item = (PathBuf, bool)> + use<> {
        let credential =
            self.credentials.as_ref().map(|directory| (directory.join(format!("nbft.redfish-{name}")), false));
        credential.into_iter().chain([(self.directory.join(name), true)])
    }

    fn words(&self, name: &str) -> String {
        let files: Vec<_> = self.of(name).map(|(path, _)| path.display().to_string()).collect();
        let credentials = if self.credentials.is_none() { "; no credentials were given" } else { "" };
        format!("looked for {}{credentials}", files.join(", "))
    }

    /// Reads a secret of one line.
    fn secret(&self, name: &str) -> Result<Option<Zeroizing<String>>, SettingsError> {
        for (path, judged) in self.of(name) {
            let Some(file) = files::open(&path, judged, SECRET)? else { continue };
            let unreadable = |error: io::Error| SettingsError::file(&path, FileFault::Unreadable(error.into()));
            let text = read_text(file).map_err(unreadable)?;
            let line = text.strip_suffix('\n').unwrap_or(&text);
            if line.is_empty() || line.contains(char::is_control) {
                return Err(SettingsError::Line(path));
            }
            return Ok(Some(Zeroizing::new(line.to_owned())));
        }
        Ok(None)
    }

    /// Reads a public text; returns it with its file.
    fn text(&self, name: &str) -> Result<Option<(PathBuf, String)>, SettingsError> {
        for (path, judged) in self.of(name) {
            let Some(file) = files::open(&path, judged, RULE)? else { continue };
            let unreadable = |error: io::Error| SettingsError::file(&path, FileFault::Unreadable(error.into()));
            let mut text = Vec::new();
            file.take(MAX_CERTIFICATES + 1).read_to_end(&mut text).map_err(unreadable)?;
            if text.len() as u64 > MAX_CERTIFICATES {
                return Err(SettingsError::Long(path));
            }
            return match String::from_utf8(text) {
                Ok(text) => Ok(Some((path, text))),
                Err(_) => Err(SettingsError::Text(path)),
            };
        }
        Ok(None)
    }
}

/// Parses fingerprints, one a line, with or without the label that `openssl x509 -fingerprint -sha256` prints.
fn parse(path: &Path, text: &str) -> Result<Vec<[u8; 32]>, SettingsError> {
    let lines = text.lines().zip(1..).map(|(line, number)| (line.trim(), number));
    let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let wrong = |number: u32| SettingsError::Fingerprint { path: path.to_path_buf(), line: number };
    lines.map(|(line, number)| fingerprint(line).ok_or_else(|| wrong(number))).collect()
}

/// OpenSSL's label before a fingerprint; older versions write it in capitals.
const LABEL: &str = "sha256 Fingerprint=";

/// Parses 64 hex digits, or 32 pairs of them separated by colons.
fn fingerprint(line: &str) -> Option<[u8; 32]> {
    let labelled = line.get(..LABEL.len()).is_some_and(|start| start.eq_ignore_ascii_case(LABEL));
    let text = if labelled { &line[LABEL.len()..] } else { line };
    let digits = match text.len() {
        DIGITS => text.to_owned(),
        _ => text.split(':').map(|pair| Some(pair).filter(|pair| pair.len() == 2)).collect::<Option<String>>()?,
    };
    bytes_from_hex(&digits)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    struct Root(PathBuf, #[expect(dead_code)] tempfile::TempDir);

    impl Root {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let root = Self(directory.path().to_owned(), directory);
            for directory in [REDFISH, "credentials"] {
                fs::create_dir_all(root.0.join(directory)).unwrap();
                fs::set_permissions(root.0.join(directory), fs::Permissions::from_mode(0o755)).unwrap();
            }
            root
        }

        fn file(&self, path: &str, text: &str, mode: u32) -> &Self {
            fs::write(self.0.join(path), text).unwrap();
            fs::set_permissions(self.0.join(path), fs::Permissions::from_mode(mode)).unwrap();
            self
        }

        fn read(&self) -> Result<Settings, SettingsError> {
            Settings::read(&self.0, Some(self.0.join("credentials")))
        }

        /// Why the settings are refused, without the root's path.
        fn refusal(&self) -> String {
            self.read().err().expect("it is refused").to_string().replace(self.0.to_str().unwrap(), "")
        }
    }

    fn user(settings: &Settings) -> (&str, &str) {
        settings.user.as_ref().map(|(user, password)| (user.as_str(), password.as_str())).expect("there is a user")
    }

    #[test]
    fn credentials_come_before_files() {
        let root = Root::new();
        assert!(root.read().unwrap().user.is_none());
        root.file("etc/nbft/redfish/user", "operator\n", 0o600).file("etc/nbft/redfish/password", " p:w ", 0o400);
        assert_eq!(user(&root.read().unwrap()), ("operator", " p:w "));
        root.file("credentials/nbft.redfish-user", "other", 0o644).file("etc/nbft/redfish/ca", "PEM", 0o644);
        let settings = root.read().unwrap();
        assert_eq!(user(&settings), ("other", " p:w "));
        assert_eq!(settings.authorities.as_deref(), Some("PEM"));
    }

    #[test]
    fn long_files_are_refused_and_not_cut() {
        let root = Root::new();
        let most = MAX_CERTIFICATES as usize;
        root.file("etc/nbft/redfish/ca", &"x".repeat(most), 0o644);
        assert_eq!(root.read().unwrap().authorities.map(|text| text.len()), Some(most));
        root.file("etc/nbft/redfish/ca", &"x".repeat(most + 1), 0o644);
        assert_eq!(root.refusal(), "/etc/nbft/redfish/ca: it is longer than 262144 bytes");
        root.file("etc/nbft/redfish/ca", "PEM", 0o644);
        root.file("etc/nbft/redfish/fingerprint", &"#\n".repeat(most), 0o644);
        assert_eq!(root.refusal(), "/etc/nbft/redfish/fingerprint: it is longer than 262144 bytes");
    }

    #[test]
    fn files_that_others_could_read_or_write_are_refused() {
        let root = Root::new();
        root.file("etc/nbft/redfish/user", "operator", 0o640);
        let said =
            "/etc/nbft/redfish/user: others than root can read or write it (mode 0640), so it is not used; chmod 0600";
        assert_eq!(root.refusal(), said);
        root.file("etc/nbft/redfish/user", "operator", 0o600);
        let said = "there is a user for Redfish and no password: looked for /credentials/nbft.redfish-password, \
                    /etc/nbft/redfish/password";
        assert_eq!(root.refusal(), said);
        root.file("etc/nbft/redfish/password", "two\nlines\n", 0o600);
        assert_eq!(root.refusal(), "/etc/nbft/redfish/password: it must hold one line of text");
        root.file("etc/nbft/redfish/password", "one", 0o600).file("etc/nbft/redfish/fingerprint", "", 0o666);
        assert!(root.refusal().contains("fingerprint: others than root can write to it (mode 0666)"));
        root.file("etc/nbft/redfish/fingerprint", "", 0o644);
        assert!(root.read().is_ok());
        fs::set_permissions(root.0.join(REDFISH), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(root.refusal().contains("/etc/nbft/redfish: others than root can write to it (mode 0777)"));
    }

    #[test]
    fn fingerprints_are_read_in_the_forms_of_openssl() {
        let (plain, colons) = ("ab".repeat(32), ["AB"; 32].join(":"));
        let text = format!(
            "# the controller's\n{plain}\n\nsha256 Fingerprint={colons}\n {colons} \nSHA256 Fingerprint={plain}\n"
        );
        assert_eq!(parse(Path::new("f"), &text).unwrap(), [[0xab; 32]; 4]);
        let wrong = [
            "ab".to_owned(),
            "xy".repeat(32),
            "é".repeat(32),
            format!("{plain}ab"),
            // A sign before a number; texts that are fingerprints only without their colons and blanks.
            "+f".repeat(32),
            "a:b".repeat(32),
            format!(":{plain}"),
            format!("{plain}:"),
            colons.replacen(':', "", 1),
            colons.replace(':', "::"),
            colons.replace(':', " "),
            format!("password={plain}"),
            format!("sha256 Fingerprint=sha256 Fingerprint={plain}"),
        ];
        for wrong in wrong {
            let said = parse(Path::new("f"), &format!("{plain}\n{wrong}")).unwrap_err().to_string();
            assert!(said.starts_with("f: line 2 is no SHA-256 fingerprint"), "{wrong}: {said}");
        }
    }
}
