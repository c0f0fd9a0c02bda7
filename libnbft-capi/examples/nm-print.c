/* Loads libnbft.so.0 with dlopen() and prints the fields of NetworkManager's profiles: nm-print [PATH]. */
#include <dlfcn.h>
#include <nbft.h>
#include <stdio.h>
#include <string.h>

#define FUNCTIONS(f) \
	f(nbftc_open) f(nbftc_free) f(nbftc_message) f(nbftc_link_count) f(nbftc_link) f(nbftc_link_name) f(nbftc_link_nic_name) \
	f(nbftc_link_mac) f(nbftc_link_vlan) f(nbftc_link_network_count) f(nbftc_link_network) f(nbftc_network_hfi) \
	f(nbftc_network_method) f(nbftc_network_address) f(nbftc_network_prefix) f(nbftc_network_gateway) \
	f(nbftc_network_default_route) f(nbftc_network_metric) f(nbftc_network_dns_count) f(nbftc_network_dns) \
	f(nbftc_network_route_count) f(nbftc_network_route) f(nbftc_route_destination) f(nbftc_route_prefix) f(nbftc_route_gateway)

/* A pointer to each function, of the type that the header gives it. */
#define POINTER(name) static __typeof__(name) *p_##name;
FUNCTIONS(POINTER)

static int load(void)
{
	void *library = dlopen("libnbft.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return 0;
#define LOAD(name) \
	*(void **)&p_##name = dlsym(library, #name); \
	if (!p_##name) \
		return 0;
	FUNCTIONS(LOAD)
	return 1;
}

static void network(const struct nbftc_network *of)
{
	static const char *const methods[] = { "", "manual", "auto", "auto", "auto" };
	int method = p_nbftc_network_method(of);
	const char *address = p_nbftc_network_address(of), *gateway = p_nbftc_network_gateway(of);
	int six = method == NBFTC_METHOD_DHCP6 || method == NBFTC_METHOD_SLAAC || (address && strchr(address, ':'));
	const char *family = six ? "ipv6" : "ipv4";

	/* A method that a later library knows, and this program does not. */
	if (method < NBFTC_METHOD_STATIC || method > NBFTC_METHOD_SLAAC)
		return;
	printf("%s.method: %s\n", family, six && method == NBFTC_METHOD_DHCP6 ? "dhcp" : methods[method]);
	/* With another method, address and gateway come from the server or the router. */
	if (method == NBFTC_METHOD_STATIC) {
		printf("%s.addresses: %s/%d\n", family, address, p_nbftc_network_prefix(of));
		if (gateway && p_nbftc_network_default_route(of))
			printf("%s.gateway: %s\n", family, gateway);
	}
	printf("%s.route-metric: %ld\n", family, (long)p_nbftc_network_metric(of));
	for (size_t i = 0; i < p_nbftc_network_dns_count(of); i++)
		printf("%s.dns: %s\n", family, p_nbftc_network_dns(of, i));
	for (size_t i = 0; i < p_nbftc_network_route_count(of); i++) {
		const struct nbftc_route *route = p_nbftc_network_route(of, i);
		const char *via = p_nbftc_route_gateway(route);

		if (p_nbftc_route_prefix(route))
			printf("%s.routes: %s/%d%s%s\n", family, p_nbftc_route_destination(route), p_nbftc_route_prefix(route),
			       via ? " " : "", via ? via : "");
	}
}

int main(int argc, char **argv)
{
	struct nbftc *plan;

	if (!load()) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	int code = p_nbftc_open(argc > 1 ? argv[1] : NULL, &plan);
	if (code != NBFTC_OK)
		fprintf(stderr, "%s\n", plan ? p_nbftc_message(plan) : "internal error");
	for (size_t i = 0; i < p_nbftc_link_count(plan); i++) {
		const struct nbftc_link *link = p_nbftc_link(plan, i);
		int vlan = p_nbftc_link_vlan(link);

		printf("connection.id: NBFT connection HFI");
		for (size_t n = 0; n < p_nbftc_link_network_count(link); n++)
			printf("%s%d", n ? "+" : " ", p_nbftc_network_hfi(p_nbftc_link_network(link, n)));
		if (vlan)
			printf(" VLAN %d", vlan);
		printf("\nconnection.type: %s\n", vlan ? "vlan" : "802-3-ethernet");
		printf("connection.interface-name: %s\n", p_nbftc_link_name(link));
		if (vlan)
			printf("vlan.id: %d\nvlan.parent: %s\n", vlan, p_nbftc_link_nic_name(link));
		else
			printf("802-3-ethernet.mac-address: %s\n", p_nbftc_link_mac(link));
		for (size_t n = 0; n < p_nbftc_link_network_count(link); n++)
			network(p_nbftc_link_network(link, n));
	}
	p_nbftc_free(plan);
	return code != NBFTC_OK;
}
