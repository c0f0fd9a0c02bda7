# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_nbft_global_optspecs
    string join \n root= nbft-path= v/verbose color= h/help V/version
end

function __fish_nbft_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_nbft_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_nbft_using_subcommand
    set -l cmd (__fish_nbft_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c nbft -n "__fish_nbft_needs_command" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_needs_command" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_needs_command" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_needs_command" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_needs_command" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "show" -d 'Show what the tables say'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "check" -d 'Show what is wrong with the tables'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "diff" -d 'Compare two tables field by field'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "check-key" -d 'Say whether a key is well-formed, and what it is, without printing it'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "build" -d 'Write a table from the JSON that `show` prints'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "plan" -d 'Show what `connect` would do, what it would leave out, and why'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "connect" -d 'Set up the interfaces and connect the controllers'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "disconnect" -d 'Take connections out of service, and keep them out'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "status" -d 'Show the result of `connect`'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "doctor" -d 'Find out why a path or a boot namespace is not there'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "export" -d 'Export the network settings for another program'
complete -c nbft -n "__fish_nbft_needs_command" -f -a "help" -d 'Explain a command or a topic: boot, network, security, files, exit-codes'
complete -c nbft -n "__fish_nbft_using_subcommand show" -s o -l output-format -d 'Output format' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c nbft -n "__fish_nbft_using_subcommand show" -l output-format-version -d 'Accepted as nvme-cli accepts it: the JSON is the same in both versions' -r
complete -c nbft -n "__fish_nbft_using_subcommand show" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand show" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand show" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand show" -s s -l subsystem -d 'Only subsystems and namespaces'
complete -c nbft -n "__fish_nbft_using_subcommand show" -s H -l hfi -d 'Only host fabric interfaces'
complete -c nbft -n "__fish_nbft_using_subcommand show" -s d -l discovery -d 'Only discovery controllers'
complete -c nbft -n "__fish_nbft_using_subcommand show" -l hex -d 'Every byte of the table with its structure and field'
complete -c nbft -n "__fish_nbft_using_subcommand show" -l redact -d 'Replace NQNs, addresses, MACs, UUIDs and names; equal values stay equal'
complete -c nbft -n "__fish_nbft_using_subcommand show" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand show" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand check" -s o -l output-format -d 'Output format' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c nbft -n "__fish_nbft_using_subcommand check" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand check" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand check" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand check" -l strict -d 'Fail on warnings too'
complete -c nbft -n "__fish_nbft_using_subcommand check" -l hex -d 'Mark the bytes of each finding'
complete -c nbft -n "__fish_nbft_using_subcommand check" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand check" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand diff" -s o -l output-format -d 'Output format' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c nbft -n "__fish_nbft_using_subcommand diff" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand diff" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand diff" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand diff" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand diff" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -l hostnqn -d 'Also print the identity of a TLS PSK for this host' -r
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -l subsysnqn -d 'The subsystem of the identity' -r
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand build" -s o -l output -d 'Write to OUT instead of standard output' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand build" -l table -d 'Number of the table in the file, from 1, if there are several' -r
complete -c nbft -n "__fish_nbft_using_subcommand build" -l spec -d 'Write the table in the form of this specification (default: the oldest one that fits)' -r -f -a "1.0\t'1.0'
1.1\t'1.1 and later'"
complete -c nbft -n "__fish_nbft_using_subcommand build" -l flip -d 'Invert a byte or one bit of it (0-7); may be repeated' -r
complete -c nbft -n "__fish_nbft_using_subcommand build" -l truncate -d 'Write the first N bytes only' -r
complete -c nbft -n "__fish_nbft_using_subcommand build" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand build" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand build" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand build" -l no-checksum -d 'Leave the checksum byte 0'
complete -c nbft -n "__fish_nbft_using_subcommand build" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand build" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand plan" -s o -l output-format -d 'Output format' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c nbft -n "__fish_nbft_using_subcommand plan" -l graph -d 'Draw the storage network, dead parts marked: svg for a browser (default), dot for Graphviz' -r -f -a "svg\t'A picture that a browser shows'
dot\t'What Graphviz reads'"
complete -c nbft -n "__fish_nbft_using_subcommand plan" -l hostnqn -d 'Host NQN in place of the table\'s (also rd.nvmf.hostnqn=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand plan" -l hostid -d 'Host ID in place of the table\'s (also rd.nvmf.hostid=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand plan" -l names -d 'Where the names of interfaces come from (also rd.nvmf.names=) [default: table]' -r -f -a "table\t'The order of the tables: nbft0, nbft1'
pci\t'The PCI address: nbftp03001'
kernel\t'The kernel and udev'"
complete -c nbft -n "__fish_nbft_using_subcommand plan" -l bond -d 'Make a bond of NICs of one subnet; may be repeated (also rd.nvmf.bond=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand plan" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand plan" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand plan" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand plan" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand plan" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand connect" -s o -l output-format -d 'Output format of --dry-run' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l hostnqn -d 'Host NQN in place of the table\'s (also rd.nvmf.hostnqn=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l hostid -d 'Host ID in place of the table\'s (also rd.nvmf.hostid=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l names -d 'Where the names of interfaces come from (also rd.nvmf.names=) [default: table]' -r -f -a "table\t'The order of the tables: nbft0, nbft1'
pci\t'The PCI address: nbftp03001'
kernel\t'The kernel and udev'"
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l bond -d 'Make a bond of NICs of one subnet; may be repeated (also rd.nvmf.bond=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l timeout -d 'Seconds after which waiting ends (also rd.nvmf.timeout=) [default: 120]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l report-every -d 'Seconds between two reports of what the run waits for [default: 10, on a terminal 1]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l wait -d 'What to wait for' -r -f -a "boot\t'Each boot namespace, through at least one path'
all\t'Every path'"
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l nr-io-queues -d 'I/O queues of a controller [default: one for each CPU]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l nr-write-queues -d 'Further queues for writes' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l nr-poll-queues -d 'Further queues for polling' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l queue-size -d 'Entries of an I/O queue, 16 to 1024 [default: the kernel\'s, 128]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l keep-alive-tmo -d 'Seconds between two keep-alives [default: the kernel\'s, 5]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l reconnect-delay -d 'Seconds between two tries to connect a lost controller again [default: the kernel\'s, 10]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l ctrl-loss-tmo -d 'Seconds after which the kernel gives up a lost controller; -1: never [default: -1]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l fast-io-fail-tmo -d 'Seconds after which I/O to a lost controller fails; -1: when the kernel gives it up [default: -1]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l tos -d 'Type of service in IP packets, 0 to 255' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l dhcp-vendor-class -d 'Vendor class for DHCP servers (also rd.nvmf.dhcp.vendor-class=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l dhcp-hostname -d 'Host name for DHCP servers (also rd.nvmf.dhcp.hostname=) [default: the table\'s]' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l dhcp-user-class -d 'User class for DHCP servers (also rd.nvmf.dhcp.user-class=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l bind -d 'What connections are bound to (also rd.nvmf.bind=) [default: interface]' -r -f -a "address\t'Source address only: the connection outlives a move of the address to a bridge'
interface\t'Source address and interface'"
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l handover -d 'Files to write for the running system\'s network manager [default: auto in an initramfs with a connection, else none]' -r -f -a "auto\t'systemd-networkd takes over what has a lease to renew; all else is left alone'
adopt\t'systemd-networkd takes over all of them, NetworkManager none'
leave\t'All leave them alone'
none\t'Nothing is written'"
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l dry-run -d 'Only print the plan'
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l stay -d 'Run until a signal: connect missing paths, reconnect removed controllers, renew leases'
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l keep-trying -d 'When the time for waiting is over, say what is missing and go on until a signal'
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l persistent-discovery -d 'Keep discovery controllers connected, and follow changes of their log pages (also rd.nvmf.persistent-discovery)'
complete -c nbft -n "__fish_nbft_using_subcommand connect" -l one-path -d 'Connect one path of each subsystem only [default in a crash kernel]'
complete -c nbft -n "__fish_nbft_using_subcommand connect" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand connect" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -l all -d 'Everything that nbft has connected and that no file system, swap space or other device depends on'
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -l permanent -d 'Stay disconnected after the next boot too: write to /etc/nvme/exclusions.conf'
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand status" -s o -l output-format -d 'Output format' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c nbft -n "__fish_nbft_using_subcommand status" -l watch -d 'Repeat until Ctrl-C: every second, or every SECONDS' -r
complete -c nbft -n "__fish_nbft_using_subcommand status" -l svg -d 'Write the drawing to FILE as SVG' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand status" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand status" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand status" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand status" -l timeline -d 'Draw where the time of the boot went'
complete -c nbft -n "__fish_nbft_using_subcommand status" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand status" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -s o -l output-format -d 'Output format' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l timeout -d 'Seconds within which a target must answer; doctor tries all at once' -r
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l names -d 'Where the names of interfaces come from (also rd.nvmf.names=) [default: table]' -r -f -a "table\t'The order of the tables: nbft0, nbft1'
pci\t'The PCI address: nbftp03001'
kernel\t'The kernel and udev'"
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l image -d 'Say whether this initramfs or UKI would boot the machine' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l table -d 'With --image: a table file in place of the machine\'s tables; may be repeated' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l machine -d 'With --image: a machine that --collect has described, in place of this one' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l cmdline -d 'With --image: the kernel\'s command line, in place of the machine\'s or the UKI\'s' -r
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -l collect -d 'Print tables, PCI devices, kernel and command line of this machine as JSON, for --machine'
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand export" -l output -d 'Write files into DIR instead of standard output' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand export" -l compare -d 'With initrd-needs: print whether ADDRESS, in any spelling, is a target of the tables; may be repeated' -r
complete -c nbft -n "__fish_nbft_using_subcommand export" -l hostnqn -d 'Host NQN in place of the table\'s (also rd.nvmf.hostnqn=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand export" -l hostid -d 'Host ID in place of the table\'s (also rd.nvmf.hostid=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand export" -l names -d 'Where the names of interfaces come from (also rd.nvmf.names=) [default: table]' -r -f -a "table\t'The order of the tables: nbft0, nbft1'
pci\t'The PCI address: nbftp03001'
kernel\t'The kernel and udev'"
complete -c nbft -n "__fish_nbft_using_subcommand export" -l bond -d 'Make a bond of NICs of one subnet; may be repeated (also rd.nvmf.bond=)' -r
complete -c nbft -n "__fish_nbft_using_subcommand export" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand export" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand export" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand export" -l force -d 'With identity and --output: replace files that have another content'
complete -c nbft -n "__fish_nbft_using_subcommand export" -l kernel-names -d 'With networkmanager: keep the kernel\'s interface names, and match NICs by MAC address'
complete -c nbft -n "__fish_nbft_using_subcommand export" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand export" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand help" -l root -d 'Read every path under DIR' -r -f -a "(__fish_complete_directories)"
complete -c nbft -n "__fish_nbft_using_subcommand help" -l nbft-path -d 'A directory that holds NBFT*, or one table file [default: /sys/firmware/acpi/tables]' -r -F
complete -c nbft -n "__fish_nbft_using_subcommand help" -l color -d 'Colours for states, severities and bytes (auto: on a terminal, unless NO_COLOR is set)' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c nbft -n "__fish_nbft_using_subcommand help" -s v -l verbose -d 'Print full lists in place of tables; log each step of connect'
complete -c nbft -n "__fish_nbft_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c nbft -n "__fish_nbft_using_subcommand help" -s V -l version -d 'Print version'
complete -c nbft -n "__fish_nbft_using_subcommand disconnect" -f -a "(nbft list-names targets 2> /dev/null)"
complete -c nbft -n "__fish_seen_subcommand_from plan connect export check-key" -l hostnqn -x -a "(nbft list-names hosts 2> /dev/null)"
complete -c nbft -n "__fish_nbft_using_subcommand check-key" -l subsysnqn -x -a "(nbft list-names subsystems 2> /dev/null)"
