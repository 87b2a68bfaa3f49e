/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long messages to an echo service and back, over a message bus, as libdbus sends them.
 *
 *   bench-payload serve ADDRESS       owns the name on that bus; "ready"
 *   bench-payload call ADDRESS...     answers each line "WAY BYTES N" on standard input with the seconds that N echoes over the
 *                                     WAY-th address took
 *
 * One caller for all ways to the bus, so that its memory is the same for all; the controller (payload.py) takes turns. */
#include <dbus/dbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME "org.postern.Bench.Echo"
#define PATH "/org/postern/Bench/Echo"
#define MAX_WAYS 8
#define LONGEST (32 * 1024 * 1024)

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
fail (const char *what, const DBusError *error)
{
  fprintf (stderr, "bench-payload: %s: %s\n", what, error->message != NULL ? error->message : "failed");
  exit (1);
}

static DBusConnection *
connect_to (const char *address)
{
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection = dbus_connection_open_private (address, &error);

  if (connection == NULL || !dbus_bus_register (connection, &error))
    fail (address, &error);
  return connection;
}

static DBusHandlerResult
on_message (DBusConnection *connection, DBusMessage *message, void *data)
{
  const unsigned char *bytes = NULL;
  DBusMessage *reply;
  int n = 0;

  (void)data;
  if (!dbus_message_is_method_call (message, NAME, "Echo") ||
      !dbus_message_get_args (message, NULL, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &bytes, &n, DBUS_TYPE_INVALID))
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  reply = dbus_message_new_method_return (message);
  dbus_message_append_args (reply, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &bytes, n, DBUS_TYPE_INVALID);
  dbus_connection_send (connection, reply, NULL);
  dbus_message_unref (reply);
  return DBUS_HANDLER_RESULT_HANDLED;
}

static int
serve (const char *address)
{
  DBusConnection *connection = connect_to (address);
  DBusError error = DBUS_ERROR_INIT;

  if (dbus_bus_request_name (connection, NAME, DBUS_NAME_FLAG_DO_NOT_QUEUE, &error) != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
    fail (NAME, &error);
  dbus_connection_add_filter (connection, on_message, NULL, NULL);
  puts ("ready");
  fflush (stdout);
  while (dbus_connection_read_write_dispatch (connection, -1))
    ;
  return 0;
}

static void
echo (DBusConnection *connection, const unsigned char *bytes, int size)
{
  DBusMessage *call = dbus_message_new_method_call (NAME, PATH, NAME, "Echo"), *reply;
  DBusError error = DBUS_ERROR_INIT;
  const unsigned char *back = NULL;
  int n = 0;

  dbus_message_append_args (call, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &bytes, size, DBUS_TYPE_INVALID);
  reply = dbus_connection_send_with_reply_and_block (connection, call, -1, &error);
  if (reply == NULL || !dbus_message_get_args (reply, &error, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &back, &n, DBUS_TYPE_INVALID) ||
      n != size || memcmp (back, bytes, (size_t)size) != 0)
    fail ("what comes back is not what was sent", &error);
  dbus_message_unref (reply);
  dbus_message_unref (call);
}

static int
call_service (int n_ways, char **addresses)
{
  DBusConnection *ways[MAX_WAYS];
  unsigned char *bytes = malloc (LONGEST);
  char line[64];
  int way, size, n;

  for (int i = 0; i < n_ways; i++)
    ways[i] = connect_to (addresses[i]);
  for (int i = 0; i < LONGEST; i++)
    bytes[i] = (unsigned char)(i * 31 >> 3);
  puts ("ready");
  fflush (stdout);
  while (fgets (line, sizeof line, stdin) != NULL)
    {
      double start = now ();

      if (sscanf (line, "%d %d %d", &way, &size, &n) != 3 || way < 0 || way >= n_ways || size < 1 || size > LONGEST)
        return 2;
      for (int i = 0; i < n; i++)
        echo (ways[way], bytes, size);
      printf ("%.9f\n", now () - start);
      fflush (stdout);
    }
  return 0;
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "serve") == 0)
    return serve (argv[2]);
  if (argc >= 3 && argc - 2 <= MAX_WAYS && strcmp (argv[1], "call") == 0)
    return call_service (argc - 2, argv + 2);
  fprintf (stderr, "usage: bench-payload serve ADDRESS | call ADDRESS...\n");
  return 2;
}
