//! Writes shell completions for `cargo lab`, with the scenarios' names.

use super::Cli;
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::Shell;

/// The program name in clap's scripts: words after `cargo lab` are completed as if they followed this name.
const PROGRAM: &str = "nbft_lab";

/// Arguments that are names of scenarios.
const SCENARIOS: [&str; 2] = ["scenario", "scenarios"];

/// Completes `cargo lab`; passes everything else to cargo's earlier completion, which bash-completion may not have loaded yet.
const BASH: &str = r#"
if complete -p cargo &> /dev/null; then
    :
elif declare -F _comp_load > /dev/null; then
    _comp_load cargo
elif declare -F _completion_loader > /dev/null; then
    _completion_loader cargo
fi
_nbft_lab_before=$(complete -p cargo 2> /dev/null)
[[ $_nbft_lab_before =~ \ -F\ ([^ ]+) ]] && [[ ${BASH_REMATCH[1]} != _nbft_lab_cargo ]] && _nbft_lab_cargo_before=${BASH_REMATCH[1]}
unset _nbft_lab_before
_nbft_lab_cargo() {
    if [[ ${COMP_WORDS[1]} == lab ]] && ((COMP_CWORD > 1)); then
        COMP_WORDS=(nbft_lab "${COMP_WORDS[@]:2}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _nbft_lab nbft_lab "$2" "$3"
    elif [[ ${_nbft_lab_cargo_before-} ]]; then
        "$_nbft_lab_cargo_before" "$@"
    fi
}
complete -F _nbft_lab_cargo -o bashdefault -o default cargo
"#;

/// zsh's completion of cargo calls this function for `cargo lab`.
const ZSH: &str = r#"
_cargo-lab() {
    _nbft_lab
}
"#;

const FISH: &str = r#"complete -c cargo -n "__fish_seen_subcommand_from lab" -x -a "(complete -C 'nbft_lab '(string join ' ' -- (commandline -opc)[3..] (commandline -ct)))"
"#;

/// The script of a shell.
pub(super) fn script(shell: Shell, scenarios: &[String]) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_names(scenarios), PROGRAM, &mut script);
    let own = match shell {
        Shell::Bash => BASH.to_owned(),
        Shell::Zsh => ZSH.to_owned(),
        Shell::Fish => fish_names(scenarios) + FISH,
        _ => String::new(),
    };
    String::from_utf8_lossy(&script).into_owned() + &own
}

/// clap's script for fish leaves out the values of arguments without a dash.
fn fish_names(scenarios: &[String]) -> String {
    let names = scenarios.join(" ");
    let takes_some = |command: &&Command| command.get_positionals().any(is_scenario);
    let line = |command: &Command| {
        let name = command.get_name();
        format!("complete -c {PROGRAM} -n \"__fish_seen_subcommand_from {name}\" -f -a \"{names}\"\n")
    };
    Cli::command().get_subcommands().filter(takes_some).map(line).collect()
}

fn is_scenario(arg: &Arg) -> bool {
    SCENARIOS.contains(&arg.get_id().as_str())
}

/// The command line, in which only these names are accepted as scenarios.
fn with_names(scenarios: &[String]) -> Command {
    // clap keeps names for the life of the program, which here ends after it has written them.
    let names: Vec<&'static str> = scenarios.iter().map(|name| &*name.clone().leak()).collect();
    let mut cli = Cli::command().name(PROGRAM);
    for command in cli.get_subcommands_mut() {
        *command = std::mem::take(command).mut_args(|arg| match is_scenario(&arg) {
            true => arg.value_parser(PossibleValuesParser::new(names.clone())),
            false => arg,
        });
    }
    cli
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{self, Stdio};

    /// The words that bash offers at the end of this line.
    fn completed(line: &str) -> Vec<String> {
        let names = ["static4", "static6", "two-paths"].map(str::to_owned);
        let call = r#"
            _before() { COMPREPLY=("before $2"); }
            complete -F _before cargo
            source /dev/stdin <<< "$1"
            read -r -a COMP_WORDS <<< "$2"
            [[ $2 != *' ' ]] || COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            [[ $(complete -p cargo) =~ \ -F\ ([^ ]+) ]]
            "${BASH_REMATCH[1]}" cargo "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
            printf '%s\n' "${COMPREPLY[@]}""#;
        let output = process::Command::new("bash")
            .args(["--norc", "-c", call, "bash", &script(Shell::Bash, &names), line])
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("bash: {error}"));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn bash_completes_names_of_scenarios_behind_cargo() {
        assert_eq!(completed("cargo lab boot sta"), ["static4", "static6"]);
        assert_eq!(completed("cargo lab test static4 tw"), ["two-paths"]);
        assert_eq!(completed("cargo lab be"), ["bench"]);
        assert_eq!(completed("cargo lab bench --mark"), ["--markdown"]);
        assert_eq!(completed("cargo lab boot --initrd p"), ["plain"]);
        // Everything else goes to cargo's completion.
        assert_eq!(completed("cargo bu"), ["before bu"]);
        assert_eq!(completed("cargo lab"), ["before lab"]);
    }

    #[test]
    fn each_shell_knows_the_names() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell, &["of-this-test".to_owned()]);
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
            assert!(script.contains("of-this-test"), "{shell}");
        }
    }
}
