#!/bin/sh
# Sourced with the other hooks that read the kernel command line, before those of the modules that would act on the
# tables themselves. Sets nbft_on where nbft is to act, for the hooks that follow in this shell.

# There is a table, or the command line stands in for one, and the last word there about each switch is not "off". Also leaves in nbft_ip whether
# interfaces are named there, and in nbft_neednet whether a network is asked for. Uses dracut's text of the command line,
# which knows /etc/cmdline.d too; reading it here costs one fork, and dracut's getarg would cost three for each question.
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

# The kernel's own command line has rd.nvmf.connect=, which nbft reads there and nowhere else. Costs no fork.
nbft_asked() {
    local nbft_words
    read -r nbft_words < /proc/cmdline
    case " $nbft_words" in
        *" rd.nvmf.connect="*) ;;
        *) return 1 ;;
    esac
}

# The values that dracut takes for no.
nbft_off() {
    case $1 in
        0 | no | off) ;;
        *) return 1 ;;
    esac
}

# A host-only image of a machine whose root is on NVMe/TCP holds rd.nvmf.discover= for each connection it had when the
# image was built. Those to a target of the tables are not the nvmf module's to make; others stay. nbft compares the
# addresses, since one can be spelled in many ways, and names those that are the same as they were spelled here.
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

# The address of a recorded NVMe/TCP connection; fails for any other word.
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

    # dracut's nvmf module asks nvme-cli for the tables, in this shell. It finds none, and goes on with
    # rd.nvmf.discover= and the rest.
    nvme() {
        [ "$1" != nbft ] && command nvme "$@"
    }

    for nbft_args in /etc/cmdline.d/*nvmf-args.conf; do
        [ -e "$nbft_args" ] && nbft_drop_recorded "$nbft_args"
    done
fi
