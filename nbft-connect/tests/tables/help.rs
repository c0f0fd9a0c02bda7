//! Manual pages and completions know every command and option.

use crate::support::{here, nbft};
use clap::{Command, CommandFactory, ValueEnum};
use nbft_connect::cli::Cli;
use std::process::Stdio;

fn commands() -> Vec<Command> {
    let mut cli = Cli::command();
    cli.build();
    cli.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set()).cloned().collect()
}

fn page(name: &str) -> String {
    let path = here(&format!("../man/{name}.1"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    ["\\fB", "\\fI", "\\fR"].iter().fold(text.replace("\\-", "-"), |text, font| text.replace(font, ""))
}

/// Options, arguments and the values that they can have, as a manual page names them.
fn names(command: &Command) -> Vec<String> {
    let mut names = Vec::new();
    for argument in command.get_arguments().filter(|argument| !argument.is_global_set()) {
        names.extend(argument.get_long().map(|long| format!("--{long}")));
        names.extend(argument.get_short().map(|short| format!("-{short}")));
        let values = argument.get_possible_values();
        if argument.is_positional() && values.is_empty() {
            names.extend(argument.get_value_names().into_iter().flatten().map(ToString::to_string));
        }
        if argument.get_action().takes_values() {
            names.extend(values.iter().filter(|value| !value.is_hide_set()).map(|value| value.get_name().to_owned()));
        }
    }
    names.retain(|name| !matches!(name.as_str(), "--help" | "-h" | "--version" | "-V"));
    names
}

/// Whether `text` has `name` as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(inside) && !text[at + name.len()..].starts_with(inside))
}

#[test]
fn each_command_has_a_page_that_names_its_options() {
    for command in commands() {
        let page = page(&format!("nbft-{}", command.get_name()));
        for name in names(&command) {
            assert!(has_word(&page, &name), "nbft-{}.1 does not name {name}", command.get_name());
        }
    }
}

#[test]
fn the_first_page_names_commands_and_common_options() {
    let page = page("nbft");
    for command in commands() {
        assert!(
            has_word(&page, &format!("nbft-{}", command.get_name())),
            "nbft.1 does not name {}",
            command.get_name()
        );
    }
    let cli = Cli::command();
    for long in cli.get_arguments().filter(|argument| argument.is_global_set()).filter_map(clap::Arg::get_long) {
        assert!(has_word(&page, &format!("--{long}")), "nbft.1 does not name --{long}");
    }
}

#[test]
fn each_setting_is_described_as_option_parameter_and_line() {
    let text = |name: &str| std::fs::read_to_string(here(&format!("../man/{name}"))).unwrap().replace("\\-", "-");
    let (file, parameters) = (text("nbft-connect.conf.5"), text("nbft-cmdline.7"));
    for tunable in nbft_connect::tunables::Tunable::ALL {
        assert!(file.contains(&format!(".TP\n.B {tunable}\n")), "nbft-connect.conf.5 does not describe {tunable}");
        assert!(parameters.contains(&format!("rd.nvmf.{tunable}=")), "nbft-cmdline.7 does not name rd.nvmf.{tunable}=");
        let option = format!("--{}", tunable.name().replace('_', "-"));
        assert!(has_word(&page("nbft-connect"), &option), "nbft-connect.1 does not name {option}");
    }
}

/// The codes that the section CODES of a page describes.
fn described_codes(name: &str) -> Vec<String> {
    let page = page(name);
    let section = page.split(".SH ").find_map(|section| section.strip_prefix("CODES\n")).expect("a section CODES");
    let mut codes: Vec<String> =
        section.split(".TP\n.B ").skip(1).map(|item| item.lines().next().unwrap().into()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn every_code_is_described_and_no_other() {
    let mut of_status = nbft_connect::status_codes();
    of_status.sort_unstable();
    of_status.dedup();
    assert_eq!(described_codes("nbft-status"), of_status);
    let sorted = |codes: &[&str]| {
        let mut codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        codes.sort_unstable();
        codes
    };
    let of_plan = [libnbft::plan::Reason::CODES, libnbft::plan::BondRefusal::CODES].concat();
    assert_eq!(described_codes("nbft-plan"), sorted(&of_plan));
    assert_eq!(described_codes("nbft-doctor"), sorted(&nbft_connect::commands::doctor::codes()));
}

#[test]
fn the_help_of_a_command_ends_with_common_options_examples_and_its_page() {
    for command in commands() {
        let name = command.get_name();
        let text = nbft(&[name, "--help"]).text();
        assert_eq!(nbft(&["help", name]).text(), text);
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("nbft {name} --help: no {part} in {text}"));
        assert!(at("\nCommon options:\n") < at("\nExamples:\n"), "{text}");
        assert!(!text[at("\nCommon options:\n")..at("\nExamples:\n")].contains("--output-format"), "{text}");
        assert!(text.ends_with(&format!("\n\nManual page: man nbft-{name}\n")), "{text}");
        let examples =
            text[at("\nExamples:\n")..].lines().filter(|line| line.starts_with("  nbft ") || line.contains("| nbft "));
        assert_eq!(examples.count(), 2, "{text}");
    }
}

#[test]
fn each_topic_fits_a_console() {
    let page = page("nbft");
    for topic in nbft_connect::cli::Topic::value_variants() {
        let name = topic.to_possible_value().unwrap().get_name().to_owned();
        let run = nbft(&["help", &name]);
        let text = run.text();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
        assert!(text.lines().count() <= 24 && text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(has_word(&page, &name), "nbft.1 does not name {name}");
    }
    let run = nbft(&["help", "bot"]);
    assert_eq!((run.code, run.stderr.as_str()), (2, "nbft: there is no command or topic bot: see nbft help\n"));
}

#[test]
fn words_are_found_whole_only() {
    assert!(has_word("a --flip, b", "--flip"));
    assert!(!has_word("a --flip-all b", "--flip"));
    assert!(!has_word("a ---flip b", "--flip"));
}

#[test]
#[ignore = "needs mandoc"]
fn pages_are_sound() {
    let pages = ["nbft", "nbft-show", "nbft-check", "nbft-check-key", "nbft-build", "nbft-doctor"]
        .map(|page| here(&format!("../man/{page}.1")));
    let run = std::process::Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning"])
        .args(&pages)
        .stdin(Stdio::null())
        .output();
    let output = run.unwrap_or_else(|error| panic!("mandoc: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn completions_know_every_option() {
    use clap_complete::Generator as _;
    for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
        let script = crate::completions::script(shell);
        // Packages have these.
        let committed = here(&format!("../packaging/completions/{}", shell.file_name("nbft")));
        let committed = std::fs::read_to_string(committed).unwrap();
        let how = "cargo run -p nbft-connect --example completions -- packaging/completions";
        assert!(script == committed, "{shell}: packaging/completions is old: {how}");
        for command in commands() {
            assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            for long in command.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(script.contains(long), "{shell}: --{long}");
            }
        }
    }
}
