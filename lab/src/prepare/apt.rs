//! Downloads Debian's packages with separate sources, lists and cache, from the machine's configured mirror.

use crate::tools::error::{At, MachineError, Result};
use crate::tools::place::{Key, Place, lock};
use crate::tools::shell::run;
use std::fs;
use std::path::{Path, PathBuf};

/// Packages of one suite.
#[derive(Debug)]
pub struct View {
    /// The suite.
    pub suite: String,
    dir: PathBuf,
}

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The address of the mirror that the machine's own configuration names.
pub fn mirror() -> Result<String> {
    let format = "$(REPO_URI) $(COMPONENT)";
    let text = run("apt-get").args(["indextargets", "--format", format, "Created-By: Packages"]).text()?;
    let mut mirrors = text.lines().filter_map(|line| Some(line.strip_suffix(" main")?.trim_end_matches('/')));
    let mirror = mirrors.find(|uri| uri.ends_with("/debian")).ok_or(MachineError::NoMirror)?;
    Ok(mirror.to_owned())
}

/// The code name of this machine's Debian; `None` on other systems.
fn codename() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).map(str::to_owned)
}

impl View {
    /// The packages of `suite`, and of nothing else.
    pub fn suite(place: &Place, suite: &str) -> Result<Self> {
        Self::make(place, suite, &[suite])
    }

    /// This machine's own suite and its backports; `None` if its QEMU is new enough.
    pub fn backports(place: &Place) -> Result<Option<Self>> {
        match codename().as_deref() {
            Some("bookworm") => Self::make(place, "bookworm-backports", &["bookworm", "bookworm-backports"]).map(Some),
            _ => Ok(None),
        }
    }

    fn make(place: &Place, suite: &str, suites: &[&str]) -> Result<Self> {
        let dir = place.cache.join("apt").join(suite);
        fs::create_dir_all(dir.join("lists/partial")).at(&dir)?;
        fs::create_dir_all(dir.join("archives/partial")).at(&dir)?;
        let view = Self { suite: suite.to_owned(), dir };
        let _lock = lock(&view.dir.join("lock"))?;
        let done = view.dir.join("updated");
        view.configure()?;
        if done.exists() {
            return Ok(view);
        }
        let mirror = mirror()?;
        let sources: String =
            suites.iter().map(|suite| format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n")).collect();
        write(&view.dir.join("sources.list"), &sources)?;
        println!("reading the package lists of {}", suites.join(", "));
        run("apt-get").env("APT_CONFIG", view.config()).arg("update").log(&view.dir.join("log"))?;
        write(&done, "")?;
        Ok(view)
    }

    /// Writes the configuration on every use: its paths are absolute, and the cache may have moved.
    fn configure(&self) -> Result<()> {
        let dir = self.dir.display();
        let config = format!(
            "Dir::Etc::SourceList \"{dir}/sources.list\";\nDir::Etc::SourceParts \"/dev/null\";\n\
             Dir::State::Lists \"{dir}/lists\";\nDir::Cache \"{dir}\";\nDir::Cache::Archives \"{dir}/archives\";\n\
             Acquire::Languages \"none\";\nAPT::Sandbox::User \"root\";\n"
        );
        write(&self.config(), &config)
    }

    /// The configuration file for `APT_CONFIG`.
    pub fn config(&self) -> PathBuf {
        self.dir.join("apt.conf")
    }

    /// The package that a meta-package stands for: its first dependency whose name has this prefix.
    pub fn resolve(&self, meta: &str, prefix: &str) -> Result<String> {
        let text =
            run("apt-cache").env("APT_CONFIG", self.config()).args(["show", "--no-all-versions", meta]).text()?;
        let mut needed = text
            .lines()
            .filter_map(|line| line.strip_prefix("Depends: "))
            .flat_map(|line| line.split(','))
            .filter_map(|word| word.split_whitespace().next());
        let none = || MachineError::NoDependency {
            package: meta.to_owned(),
            suite: self.suite.to_string(),
            prefix: prefix.to_owned(),
        };
        Ok(needed.find(|name| name.starts_with(prefix)).ok_or_else(none)?.to_owned())
    }

    /// Downloads a package and unpacks it into `folder`, without installing it.
    pub fn unpack(&self, package: &str, folder: &Path) -> Result<()> {
        self.download(package, |file| run("dpkg").arg("-x").arg(file).arg(folder).log(&self.dir.join("log")), folder)
    }

    /// Downloads a package into `folder`.
    pub fn fetch(&self, package: &str, folder: &Path) -> Result<()> {
        let name = |file: &Path| folder.join(file.file_name().unwrap_or_default());
        self.download(package, |file| fs::rename(file, name(file)).at(file), folder)
    }

    /// Downloads packages and all their dependencies into `folder`; a name may be a pattern.
    pub fn fetch_all(&self, packages: &[&str], folder: &Path) -> Result<()> {
        let _lock = lock(&self.dir.join("lock"))?;
        let partial = folder.join("partial");
        fs::create_dir_all(&partial).at(&partial)?;
        println!("downloading {} and more of {}", packages.join(", "), self.suite);
        // An empty status file makes apt download dependencies that this machine has installed.
        let nothing = "Dir::State::status=/dev/null";
        let archives = format!("Dir::Cache::Archives={}", folder.display());
        let apt =
            run("apt-get").env("APT_CONFIG", self.config()).args(["-y", "--no-install-recommends", "-o", nothing]);
        apt.args(["-o", &archives, "--download-only", "install"]).args(packages).log(&self.dir.join("log"))
    }

    fn download(&self, package: &str, done: impl FnOnce(&Path) -> Result<()>, folder: &Path) -> Result<()> {
        let _lock = lock(&self.dir.join("lock"))?;
        let work = self.dir.join("download");
        crate::tools::place::remove(&work)?;
        fs::create_dir_all(&work).at(&work)?;
        fs::create_dir_all(folder).at(folder)?;
        println!("downloading {package} of {}", self.suite);
        let log = self.dir.join("log");
        run("apt-get").env("APT_CONFIG", self.config()).dir(&work).args(["download", package]).log(&log)?;
        let file = fs::read_dir(&work).at(&work)?.filter_map(|entry| entry.ok().map(|e| e.path())).next();
        let file = file.ok_or_else(|| MachineError::NotDownloaded { package: package.to_owned() })?;
        done(&file)
    }
}

/// Packages of a suite, unpacked into one folder, to lay over a Debian folder; made once for each list.
pub fn packages(place: &Place, suite: &str, names: &[String]) -> Result<PathBuf> {
    let key = names.iter().fold(Key::new().text(suite), |key, name| key.text(name));
    place.cached(&format!("packages/{}", key.hex()), |partial| {
        let view = View::suite(place, suite)?;
        names.iter().try_for_each(|name| view.unpack(name, partial))
    })
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).at(path)
}
