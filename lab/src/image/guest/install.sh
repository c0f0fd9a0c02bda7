#!/bin/sh
# Installs this system to the namespace of the NBFT and goes to it by kexec. The numbers are the steps of nbft-installer(7).
set -eu
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
trap '[ $? = 0 ] || echo "lab-install: failed after: $step"' EXIT
step=
say() { step=$*; echo "lab-install: $step"; }
target=/mnt
uuid=$1
version=$(uname -r)

say 1 the tables are read
nbft check
say 2 the namespaces are connected
nbft connect --timeout 60
say 3 the disk
disk=$(nbft status -o json | jq -re '.namespaces[] | select(.boot).device')
mke2fs -q -t ext4 -U "$uuid" "$disk"
mount "$disk" "$target"
# Copies the files of this system, as installers of live media do.
tar --one-file-system --exclude=./mnt/* -C / -c . | tar -C "$target" -x
for folder in dev proc sys run; do mount --bind /$folder "$target/$folder"; done

say 4 the packages
# The trigger of the packages makes no image now, since there is no kernel yet.
chroot "$target" sh -c 'dpkg -i /lab/debs/nbft_*.deb /lab/debs/nbft-dracut_*.deb'
nbft export initrd-needs
cp /boot/vmlinuz "$target/boot/vmlinuz-$version"
say 5 the identity
nbft export identity --output "$target" --force
[ "$(cat "$target/etc/nvme/hostnqn")" = "$(nbft show -o json | jq -r '.[0].host.nqn')" ]
say 6 fstab
echo "UUID=$uuid / ext4 rw 0 1" > "$target/etc/fstab"
say 8 and 9 the initramfs
cmdline="root=UUID=$uuid $(sed 's/root=[^ ]*//' /proc/cmdline)"
# Debian's dracut makes an image for this machine alone.
chroot "$target" dracut --quiet "/boot/initrd.img-$version" "$version"
say 10 the image is judged
nbft doctor --image "$target/boot/initrd.img-$version" --cmdline "$cmdline"

say installed
kexec -s -l "$target/boot/vmlinuz-$version" --initrd="$target/boot/initrd.img-$version" --command-line="$cmdline"
umount -R "$target"
systemctl --no-block kexec
