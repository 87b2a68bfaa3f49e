/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-bus-address.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

static void
expect_path (const char *list, const char *path)
{
  g_autoptr (GArray) all = pst_bus_address_list (list);
  PstBusAddress address;

  g_assert_true (pst_bus_address_next (&list, &address));
  g_assert_nonnull (all);
  g_assert_cmpmem (&address, sizeof address, &g_array_index (all, PstBusAddress, 0), sizeof address);
  g_assert_cmpuint (address.length, ==, offsetof (struct sockaddr_un, sun_path) + strlen (path) + 1);
  g_assert_cmpstr (address.address.sun_path, ==, path);
  g_assert_cmpint (address.address.sun_family, ==, AF_UNIX);
}

static void
test_path (void)
{
  expect_path ("unix:path=/run/user/1000/bus", "/run/user/1000/bus");
  expect_path ("unix:path=/run/bus,guid=00", "/run/bus");
  expect_path ("tcp:host=localhost;unix:path=/b", "/b");
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
  const char *list = "unix:abstract=/tmp/dbus-x,guid=1";
  PstBusAddress address;

  g_assert_true (pst_bus_address_next (&list, &address));
  g_assert_cmpint (address.address.sun_path[0], ==, 0);
  g_assert_cmpstr (address.address.sun_path + 1, ==, "/tmp/dbus-x");
  g_assert_cmpint (address.length, ==, offsetof (struct sockaddr_un, sun_path) + 1 + strlen ("/tmp/dbus-x"));
}

static void
expect_none (const char *list)
{
  PstBusAddress address;

  if (list)
    g_assert_null (pst_bus_address_list (list));
  g_assert_false (pst_bus_address_next (&list, &address));
  g_assert_cmpint (address.length, ==, 0);
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
                                       "unix:path=/a,",
                                       "unix:path=/a,guid",
                                       "unix:path=/a,=b",
                                       "unix:path=/a,path=/b",
                                       "unix:path=/a,abstract=b",
                                       "unix:runtime=yes",
                                       "tcp:host=localhost",
                                       NULL };
  g_autofree char *longest = g_strnfill (107, 'a'), *fits = g_strconcat ("unix:path=/", longest + 1, NULL),
                  *too_long = g_strconcat ("unix:path=/", longest, NULL);

  for (const char *const *list = lists; *list; list++)
    expect_none (*list);
  expect_none (NULL);
  expect_none (too_long);
  expect_path (fits, fits + strlen ("unix:path="));
}

/* In the order in which they are to be tried, what cannot be used left out */
static void
test_several (void)
{
  g_autoptr (GArray) all = pst_bus_address_list ("unix:path=/a;;tcp:host=x;unix:path=%zz;unix:abstract=b;unix:path=/c;");
  static const char *const paths[] = { "/a", "\0b", "/c" };

  g_assert_nonnull (all);
  g_assert_cmpuint (all->len, ==, G_N_ELEMENTS (paths));
  for (guint i = 0; i < all->len; i++)
    {
      const PstBusAddress *one = &g_array_index (all, PstBusAddress, i);

      g_assert_cmpmem (one->address.sun_path, 3, paths[i], 3);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-address/path", test_path);
  g_test_add_func ("/bus-address/abstract", test_abstract);
  g_test_add_func ("/bus-address/none", test_none);
  g_test_add_func ("/bus-address/several", test_several);
  return g_test_run ();
}
