#!/bin/bash
# dracut's module for nbft: decides what goes into the image, and when.
# nbft(7) describes what the parts do at boot, nbft-image(7) what the image contains.

check() {
    require_binaries nbft || return 1
    require_kernel_modules nvme_tcp || return 1

    # A generic image always gets the module, and a host-only image if this machine boots from a table. A crash kernel's image gets it
    # only if its devices, which are those for the dump, are on NVMe/TCP; a table does not matter there.
    if [[ $hostonly ]] || [[ $mount_needs ]]; then
        if nbft_for_crash_kernel || ! nbft_has_table; then
            for_each_host_dev_and_slaves nbft_is_nvme_tcp || return 255
        fi
    fi
    return 0
}

depends() {
    # shutdown: the running system returns to it at its end.
    echo kernel-network-modules shutdown
}

installkernel() {
    # Explicitly for every image, since the build machine may not have loaded them. The digests need crc32c, which the transport requests
    # by this alias.
    hostonly='' instmods nvme_tcp nvme_fabrics 8021q af_packet ipv6 crypto-crc32c

    # In-band authentication needs these; the kernel requests them by alias when a target requires authentication.
    hostonly='' instmods nvme_auth crypto-dh crypto-hmac crypto-sha256 crypto-sha384 crypto-sha512

    # A secure channel needs these after tlshd has made the handshake; the kernel requests them by name and by alias. With the last two,
    # nbft finds the negotiated cipher suite.
    nbft_wants_tls && hostonly='' instmods tls nvme_keyring crypto-gcm crypto-ctr crypto-ghash crypto-aes \
        crypto-rfc7539 crypto-chacha20 crypto-poly1305 inet_diag tcp_diag

    # For a bond of the tables' NICs, if one may be requested.
    nbft_wants_bond && hostonly='' instmods bonding

    # For the USB NICs by which management controllers provide the Redfish host interface.
    nbft_wants_redfish && hostonly='' instmods cdc_ether cdc_eem cdc_ncm rndis_host

    # A strict host-only image gets only the drivers of the NICs in use. This adds those of all NICs in the tables, since any path may be
    # the one that still works.
    if [[ $hostonly ]] && nbft_has_table; then
        local nic
        local -a drivers
        while read -r nic; do
            mapfile -t drivers < <(get_dev_module "$nic")
            ((${#drivers[@]})) && hostonly='' instmods "${drivers[@]}"
        done < <(nbft_need nic-device)
    fi
}

install() {
    inst_multiple nbft
    inst_dir /etc/cmdline.d
    # Queues and timeouts of the connections.
    [[ -f ${dracutsysrootdir-}/etc/nbft/connect.conf ]] && inst_simple /etc/nbft/connect.conf
    nbft_exclusions

    # When it is loaded, the module would create a bond0 that nobody requested.
    if nbft_wants_bond; then
        inst_dir /etc/modprobe.d
        echo 'options bonding max_bonds=0' > "$initdir/etc/modprobe.d/50-nbft-bonding.conf"
    fi

    # The numbers order the hooks around those of stock modules, which must not use the tables.
    inst_hook cmdline 20 "$moddir/nbft-cmdline.sh"
    inst_hook cmdline 94 "$moddir/nbft-cmdline-late.sh"
    inst_hook emergency 50 "$moddir/nbft-emergency.sh"
    # Root must be unmounted before its connections end: the system returns to the initramfs for that.
    inst_hook cleanup 30 "$moddir/nbft-need-shutdown.sh"
    inst_hook shutdown 60 "$moddir/nbft-shutdown.sh"
    inst_hook cleanup 21 "$moddir/nbft-hostname.sh"
    inst_hook initqueue/settled 43 "$moddir/nbft-online.sh"
    # Needs systemd 251 or later.
    udevadm wait --help > /dev/null 2>&1 && inst_hook initqueue/settled 42 "$moddir/nbft-sleep.sh"
    if dracut_module_included network-legacy; then
        inst_hook cmdline 95 "$moddir/nbft-cmdline-legacy.sh"
        inst_hook initqueue/settled 41 "$moddir/nbft-ifup.sh"
        inst_simple "$moddir/92-nbft-ifup.rules" /etc/udev/rules.d/92-nbft-ifup.rules
    fi
    if dracut_module_included network-manager || dracut_module_included systemd-networkd; then
        inst_hook cmdline 95 "$moddir/nbft-cmdline-generator.sh"
    fi
    if dracut_module_included network-manager; then
        inst_simple "$moddir/nbft-networkmanager.conf" /usr/lib/NetworkManager/conf.d/50-nbft.conf
    fi
    if dracut_module_included systemd-networkd; then
        inst_simple "$moddir/05-nbft.network" /usr/lib/systemd/network/05-nbft.network
        inst_simple "$moddir/nbft-networkd.conf" /usr/lib/systemd/networkd.conf.d/50-nbft.conf
    fi

    nbft_keys
    [[ $hostonly ]] && nbft_for_crash_kernel && nbft_dump_target_only
    nbft_wants_redfish && nbft_redfish

    local tlshd=
    nbft_wants_tls && nbft_tlshd && tlshd=nbft-tlshd.service
    [[ $tlshd ]] && inst_simple "$moddir/nbft-tlshd-alone.conf" /usr/lib/nbft/tlshd-alone.conf

    if dracut_module_included systemd; then
        local unit
        for unit in nbft-names.service nbft-connect.service $tlshd; do
            inst_simple "$moddir/$unit" "$systemdsystemunitdir/$unit"
            $SYSTEMCTL -q --root "$initdir" add-wants initrd.target "$unit"
        done
        # Only devices to unlock have systemd's own time limit; dracut handles the root device.
        if dracut_module_included crypt || dracut_module_included systemd-cryptsetup; then
            inst_script "$moddir/nbft-generator.sh" "$systemdutildir/system-generators/nbft-generator"
        fi
    else
        inst_hook pre-udev 20 "$moddir/nbft-names.sh"
        [[ $tlshd ]] && inst_hook pre-trigger 19 "$moddir/nbft-tlshd.sh"
        inst_hook pre-trigger 20 "$moddir/nbft-start.sh"
        inst_hook initqueue/settled 40 "$moddir/nbft-again.sh"
        inst_hook cleanup 20 "$moddir/nbft-stop.sh"
    fi
}

# Adds the keys of /etc/nbft/keys, if nbft_install_keys=yes in dracut.conf.d requests them: everyone who can read the image then has the
# keys.
nbft_keys() {
    local directory=${dracutsysrootdir-}/etc/nbft/keys file
    [[ -d $directory ]] || return 0
    if [[ ${nbft_install_keys-} != yes ]]; then
        dinfo "nbft: the keys in /etc/nbft/keys stay out of the image; nbft_install_keys=yes packs them"
        return 0
    fi
    dwarn "nbft: SECRETS ARE PACKED INTO THIS IMAGE: the keys of /etc/nbft/keys. Whoever can read it, or a copy of it, has them."
    while IFS= read -r -d '' file; do
        file=${file#"${dracutsysrootdir-}"}
        nbft check-key "${dracutsysrootdir-}$file" > /dev/null || dwarn "nbft: $file is packed, but is not a key"
        inst_simple "$file"
        # nbft refuses keys with other permissions.
        chmod go-rwx "$initdir$file"
    done < <(find "$directory" -type f -print0)
}

# Adds the lists of connections that this machine's administrator excluded. An image for other machines gets none.
nbft_exclusions() {
    local file
    [[ $hostonly ]] || return 0
    for file in "${dracutsysrootdir-}"/etc/nvme/exclusions.conf{,.d/*.conf}; do
        [[ -f $file ]] || continue
        file=${file#"${dracutsysrootdir-}"}
        dinfo "nbft: the connections that $file excludes are not made"
        inst_simple "$file"
    done
}

# Whether this image's machine may fetch its secrets from a Redfish service. nbft_install_redfish=yes or =no in dracut.conf.d decides.
# Otherwise: a table of this machine names such a service, or, for a generic image, the service is configured on this machine.
nbft_wants_redfish() {
    case ${nbft_install_redfish-} in
        yes) return 0 ;;
        no) return 1 ;;
    esac
    if [[ $hostonly ]]; then
        [[ $(nbft_need redfish) == yes ]]
    else
        [[ -d ${dracutsysrootdir-}/etc/nbft/redfish ]]
    fi
}

# Adds the program that fetches them, and its settings. User and password are secrets, which nbft_install_keys=yes adds.
nbft_redfish() {
    local file
    if [[ ! -x ${dracutsysrootdir-}/usr/libexec/nbft-redfish ]]; then
        dwarn "nbft: secrets may lie at a Redfish service, but /usr/libexec/nbft-redfish is not installed: the image cannot fetch them"
        return 0
    fi
    dinfo "nbft: nbft-redfish is packed, to fetch secrets"
    inst_binary /usr/libexec/nbft-redfish
    # nbft-redfish refuses files with other permissions.
    for file in /etc/nbft/redfish/{ca,fingerprint}; do
        [[ -f ${dracutsysrootdir-}$file ]] || continue
        inst_simple "$file"
        chmod go-w "$initdir$file"
    done
    for file in /etc/nbft/redfish/{user,password}; do
        [[ -f ${dracutsysrootdir-}$file ]] || continue
        if [[ ${nbft_install_keys-} != yes ]]; then
            dinfo "nbft: $file stays out of the image; nbft_install_keys=yes packs it"
            continue
        fi
        dwarn "nbft: A SECRET IS PACKED INTO THIS IMAGE: $file. Whoever can read it, or a copy of it, has it."
        inst_simple "$file"
        chmod go-rwx "$initdir$file"
    done
    return 0
}

# Whether a bond may be requested. nbft_install_bond=yes or =no in dracut.conf.d decides. Otherwise: always in a generic image; in a
# host-only image if a kernel command line requests one now: the running kernel's, the next one's, or the image's own.
nbft_wants_bond() {
    case ${nbft_install_bond-} in
        yes) return 0 ;;
        no) return 1 ;;
    esac
    [[ $hostonly ]] || return 0
    local root=${dracutsysrootdir-} line
    for line in "${kernel_cmdline-}" "$(cat "$root"/proc/cmdline "$root"/etc/kernel/cmdline "$root"/etc/cmdline \
        "$root"/etc/cmdline.d/*.conf "$root"/etc/default/grub 2> /dev/null)"; do
        [[ $line == *rd.nvmf.bond=* ]] && return 0
    done
    return 1
}

# Whether this image's machine may need a secure channel. nbft_install_tls=yes or =no in dracut.conf.d decides. Otherwise: a table of this
# machine mentions one, or, for a generic image, tlshd is installed on this machine.
nbft_wants_tls() {
    case ${nbft_install_tls-} in
        yes) return 0 ;;
        no) return 1 ;;
    esac
    if [[ $hostonly ]]; then
        case $(nbft_need tls) in
            yes | optional) return 0 ;;
            *) return 1 ;;
        esac
    else
        find_binary tlshd > /dev/null
    fi
}

# Adds tlshd of ktls-utils, which makes the handshakes of TLS for the kernel, and its configuration, without which it exits immediately.
# The file's name depends on the version (1.1 and before, or later).
nbft_tlshd() {
    local config
    if ! find_binary tlshd > /dev/null; then
        dwarn "nbft: TLS may be needed, but tlshd is not installed (package ktls-utils): the image cannot connect by TLS"
        return 1
    fi
    dinfo "nbft: tlshd is packed, for TLS"
    inst_multiple tlshd
    # Because of this name, systemd does not kill it with all other processes: at the switch to the root file system, and at the end.
    ln_r "$(find_binary tlshd)" /usr/bin/@tlshd
    for config in /etc/tlshd.conf /etc/tlshd/config /etc/gnutls/config; do
        [[ -e ${dracutsysrootdir-}$config ]] && inst_simple "$config"
    done
    return 0
}

# Whether this is the image of a crash kernel. kdump-utils sets an environment variable and adds its module kdumpbase; SUSE's kdump adds
# kdump.
nbft_for_crash_kernel() {
    [[ ${IN_KDUMP-} == 1 ]] && return 0
    case " ${dracutmodules-} ${add_dracutmodules-} ${force_add_dracutmodules-} " in
        *' kdump '* | *' kdumpbase '*) return 0 ;;
    esac
    return 1
}

# Limits the crash kernel to the subsystems of the dump: excludes every other subsystem that this machine has now.
nbft_dump_target_only() {
    local controller transport nqn
    local -A nbft_needed=() others=()
    for_each_host_dev_and_slaves_all nbft_note_subsystem
    for controller in /sys/class/nvme/nvme*; do
        [[ -r $controller/subsysnqn ]] || continue
        read -r transport < "$controller/transport"
        read -r nqn < "$controller/subsysnqn"
        # A discovery controller may be needed to find the target. A semicolon in the NQN would begin another condition.
        case $transport,$nqn in
            *,nqn.2014-08.org.nvmexpress.discovery | *\;*) continue ;;
            tcp,*) [[ ${nbft_needed[$nqn]-} ]] || others[$nqn]=1 ;;
        esac
    done
    ((${#others[@]})) || return 0
    dinfo "nbft: a crash kernel leaves alone: ${!others[*]}"
    inst_dir /etc/nvme/exclusions.conf.d
    {
        echo '[exclusions]'
        for nqn in "${!others[@]}"; do
            echo "exclusion = transport=tcp;nqn=$nqn"
        done
    } > "$initdir/etc/nvme/exclusions.conf.d/50-nbft-kdump.conf"
}

# Adds the subsystem of a block device, "major:minor", to nbft_needed.
nbft_note_subsystem() {
    local disk=/sys/dev/block/$1 nqn
    [[ -e $disk/partition ]] && disk+=/..
    [[ -r $disk/device/subsysnqn ]] && read -r nqn < "$disk/device/subsysnqn" && nbft_needed[$nqn]=1
    return 1
}

nbft_has_table() {
    compgen -G '/sys/firmware/acpi/tables/NBFT*' > /dev/null
}

# Whether a block device, "major:minor", is on NVMe/TCP. A namespace's "device" is its controller or, with native multipath, its
# subsystem, which contains the controllers. A partition is below the namespace.
nbft_is_nvme_tcp() {
    local disk=/sys/dev/block/$1 transport file
    [[ -e $disk/partition ]] && disk+=/..
    for file in "$disk"/device/transport "$disk"/device/nvme*/transport; do
        [[ -r $file ]] && read -r transport < "$file" && [[ $transport == tcp ]] && return 0
    done
    return 1
}

# Prints what the tables of this machine need in the image, by key (nbft-export(1)): one value a line, nothing without a table.
nbft_need() {
    local key value
    nbft_has_table || return 0
    while read -r key value; do
        [[ $key == "$1" ]] && echo "$value"
    done < <(nbft export initrd-needs)
    return 0
}
