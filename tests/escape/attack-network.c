/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: reach a server on the host's loopback (development servers, CUPS, databases without a password), the local network,
 * or raw packets.
 *
 * Known from: CVE-2020-15257 (containerd: the host's network namespace and its abstract sockets); "0.0.0.0 day".
 *
 * Must fail because: the network namespace is empty but for its own loopback.
 *
 * Control: TCP over the sandbox's own loopback works; outside the victim's ports answer. */

#include "attack.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

static bool
tcp_connects (const char *address, int port)
{
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons ((uint16_t)port) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool ok;

  if (fd < 0)
    return false;
  inet_pton (AF_INET, address, &to.sin_addr);
  ok = connect (fd, (struct sockaddr *)&to, sizeof to) == 0;
  close (fd);
  return ok;
}

static bool
tcp6_connects (int port)
{
  struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons ((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool ok;

  if (fd < 0)
    return false;
  ok = connect (fd, (struct sockaddr *)&to, sizeof to) == 0;
  close (fd);
  return ok;
}

static bool
own_loopback (void)
{
  struct sockaddr_in at = { .sin_family = AF_INET };
  socklen_t size = sizeof at;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  at.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  return fd >= 0 && bind (fd, (struct sockaddr *)&at, sizeof at) == 0 && listen (fd, 1) == 0 &&
         getsockname (fd, (struct sockaddr *)&at, &size) == 0 && tcp_connects ("127.0.0.1", ntohs (at.sin_port));
}

int
main (int argc, char **argv)
{
  int port;
  struct ifaddrs *list = NULL;
  bool other = false;

  attack_init (argc, argv);
  port = arg ("tcp-port") != NULL ? atoi (arg ("tcp-port")) : 0;
  control (own_loopback (), "TCP over the own loopback");
  if (port > 0)
    {
      attack (tcp_connects ("127.0.0.1", port), "TCP to the host's 127.0.0.1");
      attack (tcp_connects ("0.0.0.0", port), "TCP to the host's 0.0.0.0");
      attack (tcp_connects ("127.1.2.3", port), "TCP to the host's 127.1.2.3");
      maybe (tcp6_connects (port), "TCP to the host's ::1");
    }
  {
    /* routes are asked by connecting a datagram socket: no packet is sent */
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons (53) };
    int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    inet_pton (AF_INET, "192.0.2.1", &to.sin_addr);
    maybe (fd >= 0 && connect (fd, (struct sockaddr *)&to, sizeof to) == 0, "a route to anywhere else");
  }
  maybe (socket (AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0, "a packet socket");
  maybe (socket (AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) >= 0, "a raw socket");
  if (getifaddrs (&list) == 0)
    for (struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
      if (strcmp (i->ifa_name, "lo") != 0 && (i->ifa_flags & IFF_UP))
        other = true;
  errno = 0;
  maybe (other, "an interface other than lo that is up");
  /* address families that few programs use and whose modules the kernel would load for us */
  {
    static const struct
    {
      int family, type;
      const char *what;
    } rows[] = {
      { AF_ALG, SOCK_SEQPACKET, "AF_ALG" },       { AF_VSOCK, SOCK_STREAM, "AF_VSOCK: the hypervisor" },
      { AF_BLUETOOTH, SOCK_RAW, "AF_BLUETOOTH" }, { AF_NFC, SOCK_SEQPACKET, "AF_NFC" },
      { AF_TIPC, SOCK_STREAM, "AF_TIPC" },        { AF_CAN, SOCK_RAW, "AF_CAN" },
      { AF_RDS, SOCK_SEQPACKET, "AF_RDS" },       { AF_X25, SOCK_SEQPACKET, "AF_X25" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
      {
        int pair[2];
        char what[80];

        maybe (socket (rows[i].family, rows[i].type | SOCK_CLOEXEC, 0) >= 0, rows[i].what);
        /* the same by the other call: it loads the family's module, and some make pairs (TIPC) */
        snprintf (what, sizeof what, "%s, socketpair", rows[i].what);
        maybe (socketpair (rows[i].family, rows[i].type | SOCK_CLOEXEC, 0, pair) == 0 || errno == EOPNOTSUPP, what);
      }
  }
  return 0;
}
