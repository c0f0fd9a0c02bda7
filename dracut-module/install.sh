#!/bin/sh
# Installs the dracut module and the running system's service. packaging/install has the list, and tells of its variables.
set -eu
exec "$(dirname "$0")/../packaging/install" dracut systemd
