/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Payload of test-broker-socket.py: connects to the broker's socket at "socket=PATH" in each role, and tries what that role may
 * do: grant itself everything, read the grants, answer questions, register as another application.
 *
 * Rows as in attack.h; "connected" alone is not yet an escape, an answer is. */

#include "attack.h"
#include "pst-peer.h"
#include "pst-types.h"
#include "postern-ipc.h"
#include <sys/socket.h>
#include <sys/un.h>

static PstPeer *
open_peer (const char *path, const char *role, bool *connected)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autoptr (PstMessage) reply = NULL;
  PstPeer *peer;
  int fd;

  *connected = false;
  fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0 || strlen (path) >= sizeof address.sun_path)
    return NULL;
  strcpy (address.sun_path, path);
  if (connect (fd, (struct sockaddr *)&address, sizeof address) < 0)
    {
      int error = errno;

      close (fd);
      errno = error;
      return NULL;
    }
  *connected = true;
  peer = pst_peer_new_take_fd (fd);
  reply = pst_peer_call_sync (peer, "Hello", g_variant_new ("(us)", (guint32)1, role), NULL, 0, 3000, NULL);
  errno = EPERM;
  return peer;
}

static bool
call (PstPeer *peer, const char *member, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PstMessage) reply = NULL;

  if (peer == NULL)
    {
      g_variant_unref (g_variant_ref_sink (args));
      return false;
    }
  reply = pst_peer_call_sync (peer, member, args, NULL, 0, 3000, &error);
  if (reply == NULL)
    printf ("# %s: %s\n", member, error->message);
  errno = EPERM;
  return reply != NULL;
}

int
main (int argc, char **argv)
{
  const char *path;
  const char *home;
  PstPeer *peer;
  bool connected;

  attack_init (argc, argv);
  path = arg ("socket");
  home = arg ("grant");
  control (path != NULL && home != NULL, "arguments");

  peer = open_peer (path, "control", &connected);
  maybe (connected, "the socket can be connected to");
  attack (call (peer, PST_CONTROL_LIST_GRANTS, g_variant_new ("(s)", "")), "ListGrants");
  attack (call (peer, PST_CONTROL_LIST_SANDBOXES, g_variant_new ("()")), "ListSandboxes");
  attack (call (peer, PST_CONTROL_GET_STATUS, g_variant_new ("()")), "GetStatus");
  attack (call (peer, PST_CONTROL_GRANT,
                g_variant_new ("(su@ayuuuux)", arg ("app"), (guint32)PST_KIND_FILES, g_variant_new_bytestring (home),
                               (guint32)PST_SCOPE_TREE, (guint32)PST_ACCESS_CHANGE, (guint32)PST_ANSWER_ALLOW,
                               (guint32)PST_LIFETIME_ALWAYS, (gint64)0)),
          "Grant");
  g_clear_pointer (&peer, pst_peer_unref);

  peer = open_peer (path, "agent", &connected);
  attack (call (peer, PST_AGENT_REGISTER_AGENT, g_variant_new ("(ss)", "gtk", ":78")), "RegisterAgent");
  g_clear_pointer (&peer, pst_peer_unref);

  peer = open_peer (path, "launcher", &connected);
  {
    GVariantBuilder request;

    g_variant_builder_init (&request, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&request, "{sv}", "executable", g_variant_new_bytestring ("/usr/bin/true"));
    g_variant_builder_add (&request, "{sv}", "app", g_variant_new_string ("another-app"));
    /* no gate's descriptor: a launcher that got this far would be answered about that */
    maybe (call (peer, PST_LAUNCHER_REGISTER, g_variant_new ("(a{sv})", &request)), "Register");
  }
  g_clear_pointer (&peer, pst_peer_unref);
  return 0;
}
