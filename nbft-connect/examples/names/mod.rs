//! Completion scripts: those of clap, and in them the names that only this machine's tables and status know.

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use nbft_connect::cli::Cli;

/// What bash calls in place of clap's function, which it calls for everything else. bash takes a colon for the end of a word, and what
/// completes a word must not repeat what stands before it.
const BASH: &str = r#"
_nbft_with_names() {
    local line="${COMP_LINE:0:COMP_POINT}" kind='' word='' before='' command='' name
    local -a words
    read -r -a words <<< "$line"
    [[ $line == *[[:space:]] ]] || { word="${words[-1]}"; unset 'words[-1]'; }
    before="${words[-1]}"
    for name in "${words[@]:1}"; do
        [[ $name == -* ]] || { command="$name"; break; }
    done
    case "$word" in
        --hostnqn=* | --subsysnqn=*) before="${word%%=*}" word="${word#*=}" ;;
    esac
    case "$before" in
        --hostnqn) kind=hosts ;;
        --subsysnqn) kind=subsystems ;;
        --root | --nbft-path | --color) ;;
        *) [[ $command != disconnect || $word == -* ]] || kind=targets ;;
    esac
    if [[ -z $kind ]]; then
        _nbft "$@"
        return
    fi
    COMPREPLY=()
    while IFS= read -r name; do
        [[ $name == "$word"* ]] && COMPREPLY+=("${name#"${word%"${word##*:}"}"}")
    done < <("$1" list-names "$kind" 2> /dev/null)
}
"#;

/// What zsh calls for an argument that is a name.
const ZSH: &str = r#"_nbft_names() {
    local -a names
    names=(${(f)"$(nbft list-names $1 2> /dev/null)"})
    compadd -a names
}

"#;

/// What fish calls for an argument that is a name.
const FISH: &str = r#"complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -f -a "(nbft list-names targets 2> /dev/null)"
complete -c nbft -n "__fish_seen_subcommand_from plan connect export check-key" -l hostnqn -x -a "(nbft list-names hosts 2> /dev/null)"
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -l subsysnqn -x -a "(nbft list-names subsystems 2> /dev/null)"
"#;

/// The script of a shell.
pub(crate) fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut shown(), "nbft", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Bash => match script.rsplit_once("\nif [[") {
            Some((functions, register)) => {
                let register = register.replace("complete -F _nbft ", "complete -F _nbft_with_names ");
                format!("{functions}{BASH}\nif [[{register}")
            }
            None => script,
        },
        Shell::Zsh => {
            let script = zsh_names(&script);
            script.replace("if [ \"$funcstack[1]\"", &format!("{ZSH}if [ \"$funcstack[1]\""))
        }
        Shell::Fish => format!("{script}{FISH}"),
        _ => script,
    }
}

/// The command line without what no help names; clap has no way to take a command away.
fn shown() -> Command {
    let cli = Cli::command();
    let commands = cli.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    Command::new("nbft")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .disable_help_subcommand(true)
        .args(cli.get_arguments().cloned())
        .subcommands(commands)
}

/// The arguments that are names, with the function that lists them.
fn zsh_names(script: &str) -> String {
    let line = |line: &str| {
        let kind = match line {
            _ if line.starts_with("'--hostnqn=") => "hosts",
            _ if line.starts_with("'--subsysnqn=") => "subsystems",
            _ if line.starts_with("'*::targets --") => "targets",
            _ => return format!("{line}\n"),
        };
        format!("{}\n", line.replacen(":_default'", &format!(": _nbft_names {kind}'"), 1))
    };
    script.lines().map(line).collect()
}
