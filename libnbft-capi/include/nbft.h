/* The NVMe Boot Firmware Table for C programs. See nbftc(3).
 *
 * Made by `cargo xtask regen`; do not edit. SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every text is UTF-8 and, like every item, belongs to its handle: it is valid until nbftc_free(), and the caller never frees it.
 * Every function takes null for any pointer and then returns null, 0 or NBFTC_ERROR_ARGUMENT. A handle never changes after it was
 * made, so several threads may read it. Texts from a table are not to be trusted; their control characters are escaped.
 */
#ifndef NBFTC_H
#define NBFTC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct nbftc;
struct nbftc_link;
struct nbftc_network;
struct nbftc_route;
struct nbftc_connection;
struct nbftc_finding;
struct nbftc_left_out;

/* What nbftc_open() and nbftc_parse() return. */
#define NBFTC_OK 0
#define NBFTC_ERROR_ARGUMENT (-1)
#define NBFTC_ERROR_NOT_FOUND (-2)
#define NBFTC_ERROR_DENIED (-3)
#define NBFTC_ERROR_IO (-4)
#define NBFTC_ERROR_NO_TABLE (-5)
#define NBFTC_ERROR_RANGE (-6)
#define NBFTC_ERROR_INTERNAL (-7)

/* How an address is obtained. A later version may know more. */
#define NBFTC_METHOD_STATIC 1
#define NBFTC_METHOD_DHCP4 2
#define NBFTC_METHOD_DHCP6 3
#define NBFTC_METHOD_SLAAC 4

/* A subsystem, or a discovery controller that is asked at once or after a failure. */
#define NBFTC_DISCOVERY_NONE 0
#define NBFTC_DISCOVERY_IMMEDIATE 1
#define NBFTC_DISCOVERY_FALLBACK 2

/* How far security is required. Never connect without what is required. */
#define NBFTC_NEED_NONE 0
#define NBFTC_NEED_ALLOWED 1
#define NBFTC_NEED_REQUIRED 2

/* How much a finding matters. */
#define NBFTC_SEVERITY_NOTE 0
#define NBFTC_SEVERITY_WARNING 1
#define NBFTC_SEVERITY_ERROR 2

/* The version of the library. It belongs to the library and is never freed. */
const char *nbftc_version(void);

/* Reads the tables at path and plans from them: a directory, or one file; null means /sys/firmware/acpi/tables.
 * Returns NBFTC_OK or a negative NBFTC_ERROR_*. *handle is set in both cases, for nbftc_message() and the findings, and must be
 * freed; it is null after NBFTC_ERROR_ARGUMENT and NBFTC_ERROR_INTERNAL. */
int nbftc_open(const char *path, struct nbftc **handle);

/* Like nbftc_open(), but reads one table from memory. The bytes are not needed afterwards. */
int nbftc_parse(const void *table, size_t length, struct nbftc **handle);

/* Frees a handle and everything that belongs to it. Null is allowed. */
void nbftc_free(struct nbftc *handle);

/* What a code means, in words. The text belongs to the library and is never freed. */
const char *nbftc_strerror(int code);

/* What went wrong, as a sentence; empty after success. */
const char *nbftc_message(const struct nbftc *handle);

/* The host NQN by which this machine connects; null if the tables give no identity. */
const char *nbftc_host_nqn(const struct nbftc *handle);

/* The host ID, a UUID; null if the tables give no identity. */
const char *nbftc_host_id(const struct nbftc *handle);

/* The number of links (NICs and VLANs) of the plan; 0 for a null pointer. */
size_t nbftc_link_count(const struct nbftc *handle);

/* One of the links (NICs and VLANs) of the plan; null if index is out of range. */
const struct nbftc_link *nbftc_link(const struct nbftc *handle, size_t index);

/* The number of connections of the plan: subsystems first, then discovery controllers; 0 for a null pointer. */
size_t nbftc_connection_count(const struct nbftc *handle);

/* One of the connections of the plan: subsystems first, then discovery controllers; null if index is out of range. */
const struct nbftc_connection *nbftc_connection(const struct nbftc *handle, size_t index);

/* The number of findings in the tables; there are some after a failure, too; 0 for a null pointer. */
size_t nbftc_finding_count(const struct nbftc *handle);

/* One of the findings in the tables; there are some after a failure, too; null if index is out of range. */
const struct nbftc_finding *nbftc_finding(const struct nbftc *handle, size_t index);

/* The number of items of the tables that the plan does not use; 0 for a null pointer. */
size_t nbftc_left_out_count(const struct nbftc *handle);

/* One of the items of the tables that the plan does not use; null if index is out of range. */
const struct nbftc_left_out *nbftc_left_out(const struct nbftc *handle, size_t index);

/* The name that nbft gives the link: nbft0, or nbft0.100 for VLAN 100. */
const char *nbftc_link_name(const struct nbftc_link *link);

/* The name that nbft gives the NIC: the parent of a VLAN, else the same as the link's name. */
const char *nbftc_link_nic_name(const struct nbftc_link *link);

/* The MAC address of the NIC, in lower case with colons. A VLAN has it from the NIC. */
const char *nbftc_link_mac(const struct nbftc_link *link);

/* The PCI address of the NIC (0000:03:00.1); null if the table has none. */
const char *nbftc_link_pci(const struct nbftc_link *link);

/* The VLAN ID, 1 to 4094; 0 if the link is the NIC itself. */
int nbftc_link_vlan(const struct nbftc_link *link);

/* The number of networks of a link, one for each HFI; 0 for a null pointer. */
size_t nbftc_link_network_count(const struct nbftc_link *link);

/* One of the networks of a link, one for each HFI; null if index is out of range. */
const struct nbftc_network *nbftc_link_network(const struct nbftc_link *link, size_t index);

/* The name of the table: NBFT, NBFT1, ... */
const char *nbftc_network_table(const struct nbftc_network *network);

/* The index of the HFI in its table. */
int nbftc_network_hfi(const struct nbftc_network *network);

/* How the address is obtained: one of NBFTC_METHOD_*. */
int nbftc_network_method(const struct nbftc_network *network);

/* The table's IP address; null if there is none. With another method than static, it is what firmware had. */
const char *nbftc_network_address(const struct nbftc_network *network);

/* The prefix length in bits. */
int nbftc_network_prefix(const struct nbftc_network *network);

/* The gateway; null if there is none. */
const char *nbftc_network_gateway(const struct nbftc_network *network);

/* 1 if the default route goes through the gateway, else 0. */
int nbftc_network_default_route(const struct nbftc_network *network);

/* The metric of the routes; it rises in the order of the HFIs. */
int64_t nbftc_network_metric(const struct nbftc_network *network);

/* The number of routes beyond the connected one, default route last; 0 for a null pointer. */
size_t nbftc_network_route_count(const struct nbftc_network *network);

/* One of the routes beyond the connected one, default route last; null if index is out of range. */
const struct nbftc_route *nbftc_network_route(const struct nbftc_network *network, size_t index);

/* The number of DNS servers; 0 for a null pointer. */
size_t nbftc_network_dns_count(const struct nbftc_network *network);

/* The IP address of a DNS server; null if index is out of range. */
const char *nbftc_network_dns(const struct nbftc_network *network, size_t index);

/* The host name that firmware had, with control characters escaped; null if there is none. */
const char *nbftc_network_host_name(const struct nbftc_network *network);

/* The DHCP server that firmware used; null if there is none. */
const char *nbftc_network_dhcp_server(const struct nbftc_network *network);

/* The IAID by which a DHCP server is asked, 0 to 4294967295; negative if there is none. */
int64_t nbftc_network_iaid(const struct nbftc_network *network);

/* The DUID as it goes over the wire, and its length in bytes; null and 0 if there is none. */
const uint8_t *nbftc_network_duid(const struct nbftc_network *network, size_t *length);

/* The DHCPv4 client identifier (RFC 4361) and its length in bytes; null and 0 if there is none. */
const uint8_t *nbftc_network_client_id(const struct nbftc_network *network, size_t *length);

/* The destination; 0.0.0.0 or :: with prefix 0 for the default route. */
const char *nbftc_route_destination(const struct nbftc_route *route);

/* The prefix length in bits. */
int nbftc_route_prefix(const struct nbftc_route *route);

/* The gateway; null if the destination is on the link. */
const char *nbftc_route_gateway(const struct nbftc_route *route);

/* One of NBFTC_DISCOVERY_*: a subsystem, or a discovery controller and when to ask it. */
int nbftc_connection_discovery(const struct nbftc_connection *connection);

/* The NQN of the subsystem or of the discovery controller. */
const char *nbftc_connection_nqn(const struct nbftc_connection *connection);

/* The transport address, an IP address. */
const char *nbftc_connection_traddr(const struct nbftc_connection *connection);

/* The TCP port. */
int nbftc_connection_trsvcid(const struct nbftc_connection *connection);

/* The name of the link that it uses. */
const char *nbftc_connection_host_iface(const struct nbftc_connection *connection);

/* The source address; null if the table does not fix it. */
const char *nbftc_connection_host_traddr(const struct nbftc_connection *connection);

/* 1 if the header digest is required, else 0. */
int nbftc_connection_hdr_digest(const struct nbftc_connection *connection);

/* 1 if the data digest is required, else 0. */
int nbftc_connection_data_digest(const struct nbftc_connection *connection);

/* 1 if firmware could not reach it, else 0. */
int nbftc_connection_unavailable(const struct nbftc_connection *connection);

/* 1 if a boot namespace is reached by it, else 0. */
int nbftc_connection_boot(const struct nbftc_connection *connection);

/* How far TLS is required: one of NBFTC_NEED_*. */
int nbftc_connection_tls(const struct nbftc_connection *connection);

/* How far in-band authentication is required: one of NBFTC_NEED_*. */
int nbftc_connection_authentication(const struct nbftc_connection *connection);

/* The name of the table. */
const char *nbftc_finding_table(const struct nbftc_finding *finding);

/* The severity: one of NBFTC_SEVERITY_*. */
int nbftc_finding_severity(const struct nbftc_finding *finding);

/* The name of the rule, as in nbft-rules(7); "unusable" if nothing of the table can be used. */
const char *nbftc_finding_rule(const struct nbftc_finding *finding);

/* What is wrong, as a sentence. */
const char *nbftc_finding_message(const struct nbftc_finding *finding);

/* The table and the descriptor: "NBFT SSNS 2 over HFI 1". */
const char *nbftc_left_out_what(const struct nbftc_left_out *left_out);

/* The stable code of the reason, as in nbft-plan(1). */
const char *nbftc_left_out_code(const struct nbftc_left_out *left_out);

/* The reason, as a sentence. */
const char *nbftc_left_out_message(const struct nbftc_left_out *left_out);

/* 1 if it is a boot entry without a path in the plan, else 0. */
int nbftc_left_out_boot(const struct nbftc_left_out *left_out);

#ifdef __cplusplus
}
#endif

#endif
