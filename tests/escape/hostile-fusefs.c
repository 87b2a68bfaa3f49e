/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A postern-fusefs that has been taken over. It is mounted over the real one (test-taken-over-fusefs.py does that), starts the
 * real one as its child and stands between it and everybody: so the file system works, the trees that were granted arrive, and
 * this program holds exactly what a taken-over fusefs holds: the link to the supervisor, the socket to the broker, /dev/fuse,
 * the private home, the trees.
 *
 * When the file ".go" appears in the private home (the test makes it, through a sandbox in which everything is ready), it
 * attacks and writes what came of it to ".report" there, in the lines of attack.h. Its knowledge of the host comes from the
 * file
 * ".targets" there: what an attacker could guess.
 *
 * It uses nothing but its descriptors: opening a path by name would be cheating, since the real one has an empty root. */

#include "hostile.h"

#include <glib-unix.h>
#include <signal.h>
#include <sys/socket.h>

Hostile hostile = { .home_fd = -1 };
static PstPeer *real_link;
static PstPeer *real_gate;

static gboolean
attack_when_told (gpointer user_data)
{
  if (faccessat (hostile.home_fd, ".go", F_OK, 0) != 0)
    return G_SOURCE_CONTINUE;
  hostile_report_begin ();
  if (hostile_target ("fatal")[0] != '\0')
    {
      if (!hostile_attack_broker_fatally ((guint)atoi (hostile_target ("fatal"))))
        hostile_say ("no more\n");
    }
  else
    {
      hostile_row ("control", hostile.trees->len >= 3, "%u trees are held", hostile.trees->len);
      hostile_attack_supervisor ();
      hostile_attack_broker ();
    }
  hostile_say ("end\n");
  return G_SOURCE_REMOVE;
}

typedef struct
{
  PstPeer *back;
  guint32 serial;
} Forward;

static void
forward_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  Forward *forward = user_data;

  if (reply != NULL)
    pst_peer_reply (forward->back, forward->serial, reply->args, reply->fds, reply->n_fds);
  else
    pst_peer_reply_error (forward->back, forward->serial, error->message);
  pst_peer_unref (forward->back);
  g_free (forward);
}

static void
pass_on (PstPeer *from, PstPeer *to, PstMessage *message)
{
  Forward *forward;

  if (message->serial == 0)
    {
      pst_peer_notify (to, message->member, message->args, message->fds, message->n_fds);
      return;
    }
  forward = g_new0 (Forward, 1);
  forward->back = pst_peer_ref (from);
  forward->serial = message->serial;
  pst_peer_call (to, message->member, message->args, message->fds, message->n_fds, forward_reply, forward);
}

static void
ended (PstPeer *peer, gpointer user_data)
{
  _exit (0);
}

static void
from_broker (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  pass_on (hostile.broker, real_gate, message);
}

static void
from_real_gate (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  pass_on (real_gate, hostile.broker, message);
}

static void
from_real_link (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  pass_on (real_link, hostile.supervisor, message);
}

static void
from_supervisor (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  if (strcmp (message->member, PST_LINK_SERVE) == 0 && message->n_fds == 3)
    {
      int pair[2];
      int fds[3];

      hostile.home_fd = dup (message->fds[2]);
      if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        _exit (120);
      hostile.broker = pst_peer_new_take_fd (dup (message->fds[1]));
      real_gate = pst_peer_new_take_fd (pair[0]);
      fds[0] = message->fds[0];
      fds[1] = pair[1];
      fds[2] = message->fds[2];
      pst_peer_notify (real_link, message->member, message->args, fds, 3);
      close (pair[1]);
      pst_peer_start (hostile.broker, from_broker, ended, NULL);
      pst_peer_start (real_gate, from_real_gate, ended, NULL);
      g_timeout_add (20, attack_when_told, NULL);
      return;
    }
  if (strcmp (message->member, PST_LINK_TREE) == 0)
    {
      Tree *tree = g_new0 (Tree, 1);
      g_autoptr (GVariant) path = NULL;
      gboolean live, directory;

      g_variant_get (message->args, "(tuu@aybb)", &tree->tree, &tree->kind, &tree->access, &path, &live, &directory);
      tree->path = g_variant_dup_bytestring (path, NULL);
      tree->fd = message->n_fds > 0 ? dup (message->fds[0]) : -1;
      g_ptr_array_add (hostile.trees, tree);
    }
  pass_on (hostile.supervisor, real_link, message);
}

int
main (int argc, char **argv)
{
  int pair[2];
  pid_t pid;
  char real[4096];
  ssize_t length;

  /* The real program's copy lies where the test put it: its path is the first line of a file that the test mounted beside. An
   * attacker would not need it. */
  {
    int fd = open (HOSTILE_CONFIG, O_RDONLY | O_CLOEXEC);

    length = fd >= 0 ? read (fd, real, sizeof real - 1) : -1;
    if (length <= 0)
      return 121;
    real[length] = '\0';
    real[strcspn (real, "\n")] = '\0';
    close (fd);
  }
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return 122;
  pid = fork ();
  if (pid == 0)
    {
      dup2 (pair[1], 3);
      argv[0] = real;
      execv (real, argv);
      _exit (123);
    }
  close (pair[1]);
  hostile.trees = g_ptr_array_new ();
  hostile.supervisor = pst_peer_new_take_fd (3);
  real_link = pst_peer_new_take_fd (pair[0]);
  pst_peer_start (hostile.supervisor, from_supervisor, ended, NULL);
  pst_peer_start (real_link, from_real_link, ended, NULL);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
