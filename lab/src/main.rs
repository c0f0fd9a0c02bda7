//! Boots virtual machines from an NBFT against a real NVMe/TCP target.
#![allow(clippy::print_stderr)]

mod cpio;
mod error;
mod place;
mod prepare;
mod shell;

fn main() -> std::process::ExitCode {
    let go = || -> error::Result<()> {
        let place = place::Place::find()?;
        prepare::tools(&place)?;
        for f in [prepare::kernel::Flavour::Cloud612] {
            println!("{:?}", prepare::kernel::kernel(&place, f)?);
        }
        println!("{:?}", prepare::chroot::chroot(&place, prepare::chroot::Debian::Trixie)?);
        println!("{:?}", prepare::chroot::chroot(&place, prepare::chroot::Debian::Bookworm)?);
        println!("{:?}", prepare::kernel::kernel(&place, prepare::kernel::Flavour::Generic61)?);
        Ok(())
    };
    match go() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("lab: {e}");
            std::process::ExitCode::FAILURE
        }
    }
}
