/* Calls every function on each file that is named, also on cut and changed bytes, and prints the files as they are. */
#include <nbft.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int quiet;
static unsigned long sum;

static void text(const char *name, const char *value)
{
	for (const char *c = value; c && *c; c++)
		sum = sum * 31 + (unsigned char)*c;
	if (!quiet && value)
		printf(" %s=%s", name, value);
}

static void number(const char *name, long value)
{
	sum = sum * 31 + (unsigned long)value;
	if (!quiet)
		printf(" %s=%ld", name, value);
}

static void bytes(const char *name, const uint8_t *value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum = sum * 31 + value[i];
	if (!quiet && value) {
		printf(" %s=", name);
		for (size_t i = 0; i < length; i++)
			printf("%02x", value[i]);
	}
}

static void end(void)
{
	if (!quiet)
		putchar('\n');
}

static void network(const struct nbftc_network *of)
{
	size_t length;
	const uint8_t *value;

	text(" network", nbftc_network_table(of));
	number("hfi", nbftc_network_hfi(of));
	number("method", nbftc_network_method(of));
	text("address", nbftc_network_address(of));
	number("prefix", nbftc_network_prefix(of));
	text("gateway", nbftc_network_gateway(of));
	number("default", nbftc_network_default_route(of));
	number("metric", (long)nbftc_network_metric(of));
	for (size_t i = 0; i < nbftc_network_dns_count(of); i++)
		text("dns", nbftc_network_dns(of, i));
	text("no-dns", nbftc_network_dns(of, nbftc_network_dns_count(of)));
	text("host-name", nbftc_network_host_name(of));
	text("dhcp-server", nbftc_network_dhcp_server(of));
	number("iaid", (long)nbftc_network_iaid(of));
	value = nbftc_network_duid(of, &length);
	bytes("duid", value, length);
	value = nbftc_network_client_id(of, &length);
	bytes("client-id", value, length);
	end();
	for (size_t i = 0; i < nbftc_network_route_count(of); i++) {
		const struct nbftc_route *route = nbftc_network_route(of, i);
		text("  route", nbftc_route_destination(route));
		number("prefix", nbftc_route_prefix(route));
		text("gateway", nbftc_route_gateway(route));
		end();
	}
	if (nbftc_network_route(of, nbftc_network_route_count(of)) || nbftc_network_route(of, (size_t)-1))
		abort();
}

static void dump(const struct nbftc *of)
{
	text("message", nbftc_message(of));
	text("host", nbftc_host_nqn(of));
	text("id", nbftc_host_id(of));
	end();
	for (size_t i = 0; i <= nbftc_link_count(of); i++) {
		const struct nbftc_link *link = nbftc_link(of, i);
		if (!link != (i == nbftc_link_count(of)))
			abort();
		if (!link)
			break;
		text("link", nbftc_link_name(link));
		text("nic", nbftc_link_nic_name(link));
		text("mac", nbftc_link_mac(link));
		text("pci", nbftc_link_pci(link));
		number("vlan", nbftc_link_vlan(link));
		end();
		for (size_t n = 0; n < nbftc_link_network_count(link); n++)
			network(nbftc_link_network(link, n));
	}
	for (size_t i = 0; i < nbftc_connection_count(of); i++) {
		const struct nbftc_connection *one = nbftc_connection(of, i);
		number("connection", nbftc_connection_discovery(one));
		text("nqn", nbftc_connection_nqn(one));
		text("traddr", nbftc_connection_traddr(one));
		number("trsvcid", nbftc_connection_trsvcid(one));
		text("host-iface", nbftc_connection_host_iface(one));
		text("host-traddr", nbftc_connection_host_traddr(one));
		number("hdr-digest", nbftc_connection_hdr_digest(one));
		number("data-digest", nbftc_connection_data_digest(one));
		number("unavailable", nbftc_connection_unavailable(one));
		number("boot", nbftc_connection_boot(one));
		number("tls", nbftc_connection_tls(one));
		number("authentication", nbftc_connection_authentication(one));
		end();
	}
	for (size_t i = 0; i < nbftc_finding_count(of); i++) {
		const struct nbftc_finding *one = nbftc_finding(of, i);
		text("finding", nbftc_finding_table(one));
		number("severity", nbftc_finding_severity(one));
		text("rule", nbftc_finding_rule(one));
		text("message", nbftc_finding_message(one));
		end();
	}
	for (size_t i = 0; i < nbftc_left_out_count(of); i++) {
		const struct nbftc_left_out *one = nbftc_left_out(of, i);
		text("left-out", nbftc_left_out_what(one));
		text("code", nbftc_left_out_code(one));
		text("message", nbftc_left_out_message(one));
		number("boot", nbftc_left_out_boot(one));
		end();
	}
}

static void parse(const unsigned char *content, size_t length)
{
	struct nbftc *handle = NULL;
	/* A copy of that size exactly: a read beyond it is seen. */
	unsigned char *copy = malloc(length ? length : 1);

	memcpy(copy, content, length);
	int code = nbftc_parse(copy, length, &handle);
	free(copy);
	if (!handle || (code && !*nbftc_message(handle)))
		abort();
	dump(handle);
	nbftc_free(handle);
}

int main(int argc, char **argv)
{
	long mutations = atol(argv[1]);

	/* Null is harmless everywhere. */
	quiet = 1;
	dump(NULL);
	network(NULL);
	nbftc_free(NULL);
	if (nbftc_parse(NULL, 1, NULL) != NBFTC_ERROR_ARGUMENT || nbftc_open("/", NULL) != NBFTC_ERROR_ARGUMENT)
		return 1;
	if (nbftc_link_vlan(NULL) != NBFTC_ERROR_ARGUMENT || nbftc_link_name(NULL) || !*nbftc_version())
		return 1;
	srand(1);
	for (int i = 2; i < argc; i++) {
		struct nbftc *handle;
		unsigned char content[65536], changed[65536];
		FILE *file = fopen(argv[i], "rb");
		size_t length = file ? fread(content, 1, sizeof content, file) : 0;

		if (!file)
			return 1;
		fclose(file);
		quiet = 0;
		int code = nbftc_open(argv[i], &handle);
		printf("code=%d", code);
		dump(handle);
		nbftc_free(handle);
		quiet = 1;
		for (long m = 0; m < mutations; m++) {
			memcpy(changed, content, length);
			size_t cut = m % 4 == 0 && length ? (size_t)rand() % length : length;
			for (int bit = 0; cut && bit < 1 + m % 3; bit++)
				changed[(size_t)rand() % cut] ^= (unsigned char)(1 << rand() % 8);
			parse(changed, cut);
		}
	}
	fprintf(stderr, "%lu\n", sum);
	return 0;
}
