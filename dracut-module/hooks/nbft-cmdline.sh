#!/bin/sh
# Sourced with the other hooks that read the kernel command line, before those of modules that would use the tables themselves. Sets
# nbft_on if nbft is to act, for the later hooks in this shell.

# Whether there is a table, or the command line replaces one, and the last word for each switch does not turn nbft off. Also sets nbft_ip
# if the command line names interfaces, and nbft_neednet if it requests a network. Reads dracut's text of the command line, which
# includes /etc/cmdline.d. That costs one fork here; dracut's getarg would cost three for each question.
nbft_wanted() {
    local - nbft_word nbft_words nbft_nonvmf=0 nbft_nonbft=0
    for nbft_word in /sys/firmware/acpi/tables/NBFT*; do
        [ -e "$nbft_word" ] || nbft_asked || return 1
    done
    nbft_words=$(getcmdline)
    nbft_ip='' nbft_neednet=0
    set -f
    for nbft_word in $nbft_words; do
        case $nbft_word in
            rd.nonvmf) nbft_nonvmf=1 ;;
            rd.nonvmf=*) nbft_nonvmf=${nbft_word#*=} ;;
            rd.nvmf.nonbft) nbft_nonbft=1 ;;
            rd.nvmf.nonbft=*) nbft_nonbft=${nbft_word#*=} ;;
            ip=* | BOOTIF=*) nbft_ip=1 ;;
            rd.neednet) nbft_neednet=1 ;;
            rd.neednet=*) nbft_neednet=${nbft_word#*=} ;;
        esac
    done
    nbft_off "$nbft_nonvmf" && nbft_off "$nbft_nonbft"
}

# Whether the kernel's own command line has rd.nvmf.connect=: nbft reads that word only there. Costs no fork.
nbft_asked() {
    local nbft_words
    read -r nbft_words < /proc/cmdline
    case " $nbft_words" in
        *" rd.nvmf.connect="*) ;;
        *) return 1 ;;
    esac
}

# Whether dracut reads the value as no.
nbft_off() {
    case $1 in
        0 | no | off) ;;
        *) return 1 ;;
    esac
}

# A host-only image of a machine with root on NVMe/TCP has rd.nvmf.discover= for each connection at the time of the build. The nvmf module
# must not make those to a target of the tables, but keeps the others. An address can be spelled in many ways, so nbft compares them, and
# prints the matching ones as they are spelled here.
nbft_drop_recorded() {
    local - nbft_file="$1" nbft_word nbft_words nbft_traddr nbft_key nbft_value nbft_same=' ' nbft_kept=''
    set -f
    nbft_words=$(cat "$nbft_file")
    set --
    for nbft_word in $nbft_words; do
        nbft_traddr=$(nbft_recorded "$nbft_word") && set -- "$@" "--compare=$nbft_traddr"
    done
    [ $# = 0 ] && return
    nbft_kept=$(nbft export initrd-needs "$@")
    while read -r nbft_key nbft_value; do
        [ "$nbft_key" = same-target ] && nbft_same="$nbft_same$nbft_value "
    done << EOF
$nbft_kept
EOF
    nbft_kept=''
    for nbft_word in $nbft_words; do
        if nbft_traddr=$(nbft_recorded "$nbft_word"); then
            case $nbft_same in
                *" $nbft_traddr "*) continue ;;
            esac
        fi
        nbft_kept="$nbft_kept $nbft_word"
    done
    echo "$nbft_kept" > "$nbft_file"
}

# Prints the address of a recorded NVMe/TCP connection; fails for any other word.
nbft_recorded() {
    case $1 in
        rd.nvmf.discover=tcp,*)
            set -- "${1#*,}"
            echo "${1%%,*}"
            ;;
        *) return 1 ;;
    esac
}

nbft_on=
if nbft_wanted; then
    nbft_on=1

    # dracut's nvmf module asks nvme-cli for the tables, in this shell. This hides them, so that the module goes on with rd.nvmf.discover=
    # and the rest.
    nvme() {
        [ "$1" != nbft ] && command nvme "$@"
    }

    for nbft_args in /etc/cmdline.d/*nvmf-args.conf; do
        [ -e "$nbft_args" ] && nbft_drop_recorded "$nbft_args"
    done
fi
