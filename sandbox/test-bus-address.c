/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-address.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

static void
expect_path (const char *list, const char *path)
{
  PstBusAddress address;

  g_assert_true (pst_bus_address_parse (list, &address));
  g_assert_cmpstr (address.address.sun_path, ==, path);
  g_assert_cmpint (address.address.sun_family, ==, AF_UNIX);
}

static void
test_path (void)
{
  expect_path ("unix:path=/run/user/1000/bus", "/run/user/1000/bus");
  expect_path ("unix:path=/run/user/1000/bus,guid=0123", "/run/user/1000/bus");
  expect_path ("unix:guid=0123,path=/run/bus", "/run/bus");
  expect_path ("unix:path=/a%20b", "/a b");
  expect_path ("unix:path=/a%2f", "/a/");
  expect_path ("tcp:host=localhost,port=1;unix:path=/second", "/second");
  expect_path ("unix:tmpdir=/tmp;unix:path=/second", "/second");
}

static void
test_abstract (void)
{
  PstBusAddress address;

  g_assert_true (pst_bus_address_parse ("unix:abstract=/tmp/dbus-x,guid=1", &address));
  g_assert_cmpint (address.address.sun_path[0], ==, 0);
  g_assert_cmpstr (address.address.sun_path + 1, ==, "/tmp/dbus-x");
  g_assert_cmpint (address.length, ==, offsetof (struct sockaddr_un, sun_path) + 1 + strlen ("/tmp/dbus-x"));
}

static void
test_none (void)
{
  static const char *const lists[] = { "",
                                       "disabled:",
                                       "autolaunch:",
                                       "unixexec:path=/bin/sh",
                                       "unix:",
                                       "unix:path=",
                                       "unix:path=relative",
                                       "unix:abstract=",
                                       "unix:path=/a%",
                                       "unix:path=/a%2",
                                       "unix:path=/a%00b",
                                       "unix:path=/a%zz",
                                       ";;;",
                                       "unix:,,,",
                                       NULL };
  g_autofree char *longest = g_strnfill (107, 'a'), *fits = g_strconcat ("unix:path=/", longest + 1, NULL),
                  *too_long = g_strconcat ("unix:path=/", longest, NULL);
  PstBusAddress address;

  for (const char *const *list = lists; *list; list++)
    {
      g_assert_false (pst_bus_address_parse (*list, &address));
      g_assert_cmpint (address.length, ==, 0);
    }
  g_assert_false (pst_bus_address_parse (NULL, &address));
  g_assert_true (pst_bus_address_parse (fits, &address));
  g_assert_false (pst_bus_address_parse (too_long, &address));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-address/path", test_path);
  g_test_add_func ("/bus-address/abstract", test_abstract);
  g_test_add_func ("/bus-address/none", test_none);
  return g_test_run ();
}
