/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A postern-fusefs that has been taken over. It is mounted over the real one (test-taken-over-fusefs.py does that), starts the
 * real one as its child and stands between it and everybody: so the file system works, the trees that were granted arrive, and
 * this program holds exactly what a taken-over fusefs holds: the link to the supervisor, the socket to the broker, /dev/fuse,
 * the private home, the trees.
 *
 * When the file "go" appears in the private home (the test makes it, through a sandbox in which everything is ready), it
 * attacks and writes what came of it to
 * ".report" there, in the lines of attack.h. Its knowledge of the host comes from the file "targets" there: what an attacker
 * could guess.
 *
 * It uses nothing but its descriptors: opening a path by name would be cheating, since the real one has an empty root. */

#include "attack.h"
#include "pst-fd.h"
#include "pst-peer.h"
#include "pst-types.h"
#include "postern-ipc.h"
#include <glib-unix.h>
#include <signal.h>
#include <sys/socket.h>

static PstPeer *supervisor;
static PstPeer *broker;
static PstPeer *real_link;
static PstPeer *real_gate;
static int home_fd = -1;
static int report_fd = -1;

typedef struct
{
  guint64 tree;
  guint32 kind;
  guint32 access;
  char *path;
  int fd;
} Tree;

static GPtrArray *trees;
static char *targets; /* lines KEY=VALUE */

/* ---- standing in between ---- */

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
  pass_on (broker, real_gate, message);
}

static void
from_real_gate (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  pass_on (real_gate, broker, message);
}

static void
from_real_link (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  pass_on (real_link, supervisor, message);
}

static gboolean attack_when_told (gpointer user_data);

static void
from_supervisor (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  if (strcmp (message->member, PST_LINK_SERVE) == 0 && message->n_fds == 3)
    {
      int pair[2];
      int fds[3];

      home_fd = dup (message->fds[2]);
      if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        _exit (120);
      broker = pst_peer_new_take_fd (dup (message->fds[1]));
      real_gate = pst_peer_new_take_fd (pair[0]);
      fds[0] = message->fds[0];
      fds[1] = pair[1];
      fds[2] = message->fds[2];
      pst_peer_notify (real_link, message->member, message->args, fds, 3);
      close (pair[1]);
      pst_peer_start (broker, from_broker, ended, NULL);
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
      g_ptr_array_add (trees, tree);
    }
  pass_on (supervisor, real_link, message);
}

/* ---- attacking ---- */

static const char *
target (const char *key)
{
  static char value[4096];
  g_autofree char *start = g_strconcat ("\n", key, "=", NULL);
  const char *at = strstr (targets, start);
  size_t length;

  if (at == NULL)
    return "";
  at += strlen (start);
  length = strcspn (at, "\n");
  if (length >= sizeof value)
    return "";
  memcpy (value, at, length);
  value[length] = '\0';
  return value;
}

static void row (const char *kind, bool good, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

static void
row (const char *kind, bool good, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (strcmp (kind, "control") == 0)
    dprintf (report_fd, "control\t%s\t%s\t\n", good ? "ok" : "FAILED", what);
  else
    dprintf (report_fd, "%s\t%s\t%s\t\n", kind, good ? "SUCCEEDED" : "refused", what);
}

/* (transfer full): the reply, or NULL for an error, which is noted */
static PstMessage *
ask (PstPeer *peer, const char *member, GVariant *args, const char *note)
{
  g_autoptr (GError) error = NULL;
  PstMessage *reply = pst_peer_call_sync (peer, member, args, NULL, 0, 4000, &error);

  if (reply == NULL)
    dprintf (report_fd, "# %s (%s): %s\n", member, note, error->message);
  return reply;
}

static GVariant *
bytes (const char *text)
{
  return g_variant_new_bytestring (text);
}

static int
first_error (PstMessage *reply)
{
  int error = -1;
  g_autoptr (GVariant) child = NULL;

  if (reply == NULL)
    return EPERM;
  if (g_variant_n_children (reply->args) > 0)
    {
      child = g_variant_get_child_value (reply->args, 0);
      if (g_variant_is_of_type (child, G_VARIANT_TYPE_INT32))
        error = g_variant_get_int32 (child);
    }
  return error;
}

/* Did a Name… call give us a descriptor, and what does it read? */
static bool
opens (guint64 tree, const char *name, int flags, char *text, size_t size)
{
  g_autoptr (PstMessage) reply =
      ask (supervisor, PST_LINK_NAME_OPEN, g_variant_new ("(t@ayiu)", tree, bytes (name), flags, (guint32)0600), name);
  int fd;
  ssize_t length;

  text[0] = '\0';
  if (first_error (reply) != 0)
    return false;
  fd = pst_message_steal_fd (reply, 0);
  if (fd < 0)
    return false;
  length = pread (fd, text, size - 1, 0);
  text[length > 0 ? length : 0] = '\0';
  close (fd);
  return true;
}

static void
attack_tree_fds (void)
{
  for (guint i = 0; i <= trees->len; i++)
    {
      const Tree *tree = i < trees->len ? trees->pdata[i] : NULL;
      int fd = tree != NULL ? tree->fd : home_fd;
      const char *what = tree != NULL ? tree->path : "the private home";
      bool climbed = false;
      char path[8192] = "";

      if (fd < 0)
        continue;
      for (int up = 0; up < 16; up++)
        {
          char full[16384];
          int found;

          snprintf (full, sizeof full, "%s%s", path, target ("secret") + 1);
          found = openat (fd, full, O_RDONLY | O_CLOEXEC);
          if (found >= 0)
            climbed = true;
          strcat (path, "../");
        }
      row ("attack", climbed, "climbing out of the descriptor of %s", what);
      {
        struct stat root, above;

        row ("attack",
             fstatat (fd, ".", &root, 0) == 0 && fstatat (fd, "..", &above, 0) == 0 &&
                 (root.st_ino != above.st_ino || root.st_dev != above.st_dev),
             "\"..\" of the descriptor of %s is something else", what);
      }
      if (tree != NULL && tree->access == PST_ACCESS_VIEW)
        {
          int made = openat (fd, "made-by-hostile", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

          row ("attack", made >= 0, "writing in %s, granted for viewing", what);
          row ("attack", mkdirat (fd, "dir-by-hostile", 0700) == 0, "mkdir in %s, granted for viewing", what);
          row ("attack", fchmodat (fd, ".", 0777, 0) == 0, "chmod of %s, granted for viewing", what);
        }
      row ("control", fcntl (fd, F_GETFD) >= 0, "the descriptor of %s is held", what);
    }
}

static void
attack_mount (void)
{
  static const guint64 numbers[] = { 0, 1, 2, 3, 4, 5, 99, 4711, G_MAXUINT32, G_MAXUINT64, G_MAXUINT64 - 1, (guint64)1 << 63 };

  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autoptr (PstMessage) reply = NULL;
      bool known = false;

      for (guint t = 0; t < trees->len; t++)
        if (((Tree *)trees->pdata[t])->tree == numbers[i])
          known = true;
      if (known)
        continue;
      reply = ask (supervisor, PST_LINK_MOUNT, g_variant_new ("(t)", numbers[i]), "unknown tree");
      row ("attack", reply != NULL && first_error (reply) == 0, "Mount of the unknown tree %" G_GUINT64_FORMAT, numbers[i]);
    }
  /* the same tree again and again: a stack of mounts is memory of the kernel's */
  for (guint t = 0; t < trees->len; t++)
    {
      const Tree *tree = trees->pdata[t];
      int times = 0;

      for (int i = 0; i < 50; i++)
        {
          g_autoptr (PstMessage) reply = ask (supervisor, PST_LINK_MOUNT, g_variant_new ("(t)", tree->tree), "again");

          if (reply != NULL && first_error (reply) == 0)
            times++;
          else
            break;
        }
      dprintf (report_fd, "# Mount of %s was answered with success %d times\n", tree->path, times);
      if (tree->kind != PST_TREE_TREE)
        row ("attack", times > 0, "Mount of %s, which is of kind %u", tree->path, tree->kind);
    }
}

static void
attack_names (void)
{
  static const char *const always_bad[] = {
    "", ".", "..", "/", "/etc/passwd", "../other.txt", "../Documents/hidden/secret", "a/b", "./a", "name/../other.txt", "..\0x"
  };
  char text[256];

  for (guint t = 0; t < trees->len; t++)
    {
      const Tree *tree = trees->pdata[t];
      g_autofree char *own = g_path_get_basename (tree->path);
      static const char *const others[] = { "other.txt", "secret", ".hidden", "other-link" };
      bool file_kind = tree->kind != PST_TREE_TREE;

      if (file_kind && tree->kind == PST_TREE_FILE)
        row ("control", opens (tree->tree, own, O_RDONLY, text, sizeof text), "NameOpen of %s itself", tree->path);
      for (size_t i = 0; i < G_N_ELEMENTS (always_bad); i++)
        row ("attack", opens (tree->tree, always_bad[i], O_RDONLY, text, sizeof text), "NameOpen of \"%s\" in %s (%s)",
             always_bad[i], tree->path, text);
      for (size_t i = 0; i < G_N_ELEMENTS (others); i++)
        {
          g_autoptr (PstMessage) reply = NULL;

          row ("attack", opens (tree->tree, others[i], O_RDONLY, text, sizeof text), "NameOpen of \"%s\" beside %s (%s)",
               others[i], tree->path, text);
          row ("attack", opens (tree->tree, others[i], O_WRONLY | O_CREAT | O_TRUNC, text, sizeof text),
               "NameOpen for writing of \"%s\" beside %s", others[i], tree->path);
          reply = ask (supervisor, PST_LINK_NAME_STAT, g_variant_new ("(t@ay)", tree->tree, bytes (others[i])), "stat");
          row ("attack", reply != NULL && first_error (reply) == 0, "NameStat of \"%s\" beside %s", others[i], tree->path);
          g_clear_pointer (&reply, pst_message_free);
          reply = ask (supervisor, PST_LINK_NAME_READLINK, g_variant_new ("(t@ay)", tree->tree, bytes (others[i])), "readlink");
          row ("attack", reply != NULL && first_error (reply) == 0, "NameReadlink of \"%s\" beside %s", others[i], tree->path);
          g_clear_pointer (&reply, pst_message_free);
          reply = ask (supervisor, PST_LINK_NAME_UNLINK, g_variant_new ("(t@ay)", tree->tree, bytes (others[i])), "unlink");
          row ("attack", reply != NULL && first_error (reply) == 0, "NameUnlink of \"%s\" beside %s", others[i], tree->path);
          g_clear_pointer (&reply, pst_message_free);
          /* bring the other under a name that is ours, each way */
          for (guint32 flags = 0; flags <= 2; flags++)
            {
              reply = ask (supervisor, PST_LINK_NAME_RENAME,
                           g_variant_new ("(t@ay@ayu)", tree->tree, bytes (others[i]), bytes (own), flags), "rename in");
              row ("attack", reply != NULL && first_error (reply) == 0, "NameRename of \"%s\" to %s, flags %u", others[i], own,
                   flags);
              g_clear_pointer (&reply, pst_message_free);
              reply = ask (supervisor, PST_LINK_NAME_RENAME,
                           g_variant_new ("(t@ay@ayu)", tree->tree, bytes (own), bytes (others[i]), flags), "rename out");
              row ("attack", reply != NULL && first_error (reply) == 0, "NameRename of %s to \"%s\", flags %u", own, others[i],
                   flags);
              g_clear_pointer (&reply, pst_message_free);
            }
          {
            g_autofree char *side = g_strconcat (own, "~", NULL);

            reply = ask (supervisor, PST_LINK_NAME_LINK,
                         g_variant_new ("(t@ay@ay)", tree->tree, bytes (others[i]), bytes (side)), "link in");
            row ("attack", reply != NULL && first_error (reply) == 0, "NameLink of \"%s\" to %s", others[i], side);
            g_clear_pointer (&reply, pst_message_free);
            reply = ask (supervisor, PST_LINK_NAME_LINK,
                         g_variant_new ("(t@ay@ay)", tree->tree, bytes (own), bytes (others[i])), "link out");
            row ("attack", reply != NULL && first_error (reply) == 0, "NameLink of %s to \"%s\"", own, others[i]);
            g_clear_pointer (&reply, pst_message_free);
          }
          reply = ask (supervisor, PST_LINK_NAME_SYMLINK,
                       g_variant_new ("(t@ay@ay)", tree->tree, bytes ("/x"), bytes (others[i])), "symlink");
          row ("attack", reply != NULL && first_error (reply) == 0, "NameSymlink \"%s\" beside %s", others[i], tree->path);
          g_clear_pointer (&reply, pst_message_free);
        }
      /* a side file that is a symlink to the secret, then opened */
      {
        g_autofree char *side = g_strconcat (own, "~", NULL);
        g_autoptr (PstMessage) made =
            ask (supervisor, PST_LINK_NAME_SYMLINK,
                 g_variant_new ("(t@ay@ay)", tree->tree, bytes (target ("secret")), bytes (side)), "symlink to the secret");

        dprintf (report_fd, "# a side file as a symlink: %d\n", made != NULL ? first_error (made) : -1);
        row ("attack", opens (tree->tree, side, O_RDONLY, text, sizeof text) && strstr (text, "SECRET") != NULL,
             "NameOpen of a side file that is a symlink to the secret (%s)", text);
        row ("attack", opens (tree->tree, side, O_WRONLY | O_TRUNC, text, sizeof text),
             "NameOpen for truncation of that symlink");
        /* and that symlink in the place of the file itself, where other programs of the person's would follow it */
        for (guint32 flags = 0; flags <= 2; flags += 2)
          {
            struct stat st;
            g_autoptr (PstMessage) moved =
                ask (supervisor, PST_LINK_NAME_RENAME,
                     g_variant_new ("(t@ay@ayu)", tree->tree, bytes (side), bytes (own), flags), "the symlink over the file");
            g_autoptr (PstMessage) is =
                ask (supervisor, PST_LINK_NAME_STAT, g_variant_new ("(t@ay)", tree->tree, bytes (own)), "what the file is now");
            g_autoptr (GVariant) value = is != NULL ? g_variant_get_child_value (is->args, 1) : NULL;
            gsize n = 0;
            const void *data = value != NULL ? g_variant_get_fixed_array (value, &n, 1) : NULL;

            if (n == sizeof st)
              memcpy (&st, data, n);
            row ("attack", n == sizeof st && S_ISLNK (st.st_mode), "the file %s replaced by a symlink, flags %u (%d)", own,
                 flags, moved != NULL ? first_error (moved) : -1);
          }
        g_clear_pointer (&made, pst_message_free);
        made = ask (supervisor, PST_LINK_NAME_UNLINK, g_variant_new ("(t@ay)", tree->tree, bytes (side)), "clean");
      }
      if (tree->access == PST_ACCESS_VIEW)
        {
          static const int writing[] = { O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND, O_RDWR | O_CREAT, 3 };
          g_autoptr (PstMessage) reply = NULL;
          g_autofree char *side = g_strconcat (own, "~", NULL);

          for (size_t i = 0; i < G_N_ELEMENTS (writing); i++)
            row ("attack", opens (tree->tree, own, writing[i], text, sizeof text),
                 "NameOpen of %s, granted for viewing, with flags %#x", own, (unsigned)writing[i]);
          row ("attack", opens (tree->tree, side, O_WRONLY | O_CREAT, text, sizeof text),
               "NameOpen creates %s, granted for viewing", side);
          reply = ask (supervisor, PST_LINK_NAME_UNLINK, g_variant_new ("(t@ay)", tree->tree, bytes (own)), "unlink");
          row ("attack", reply != NULL && first_error (reply) == 0, "NameUnlink of %s, granted for viewing", own);
          g_clear_pointer (&reply, pst_message_free);
          reply = ask (supervisor, PST_LINK_NAME_RENAME,
                       g_variant_new ("(t@ay@ayu)", tree->tree, bytes (own), bytes (side), 0u), "rename");
          row ("attack", reply != NULL && first_error (reply) == 0, "NameRename of %s, granted for viewing", own);
        }
      {
        g_autoptr (PstMessage) reply = ask (supervisor, PST_LINK_NAME_LIST, g_variant_new ("(t)", tree->tree), "list");

        if (reply != NULL && first_error (reply) == 0)
          {
            g_autofree char *shown = g_variant_print (reply->args, FALSE);

            row ("attack", strstr (shown, "other.txt") != NULL || strstr (shown, ".hidden") != NULL,
                 "NameList of %s shows a neighbour: %s", tree->path, shown);
          }
      }
    }
  row ("attack", opens (4711, "x", O_RDONLY, text, sizeof text), "NameOpen in an unknown tree");
}

/* What the broker answers without ending it all */
static void
attack_broker (void)
{
  g_autofree char *hidden = g_path_get_dirname (target ("secret"));
  g_autofree char *ssh = g_strdup (target ("ssh"));
  g_autofree char *home = g_strdup (target ("home"));
  const char *const lists[] = { hidden, ssh, home };

  for (size_t i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (PstMessage) reply = ask (broker, PST_GATE_LIST_NAMES, g_variant_new ("(@ay)", bytes (lists[i])), lists[i]);
      g_autoptr (GVariant) names = reply != NULL ? g_variant_get_child_value (reply->args, 0) : NULL;
      gsize n = names != NULL && g_variant_is_of_type (names, G_VARIANT_TYPE ("aay")) ? g_variant_n_children (names) : 0;

      row ("attack", n > 0, "ListNames of %s, not granted", lists[i]);
    }
  /* and what the broker says to the supervisor, said on the link */
  {
    g_autoptr (PstMessage) attach =
        ask (supervisor, PST_LAUNCHER_ATTACH,
             g_variant_new ("(tuu@ay@ayttbb)", (guint64)99, (guint32)PST_TREE_TREE, (guint32)PST_ACCESS_CHANGE, bytes (hidden),
                            bytes (hidden), (guint64)0, (guint64)0, TRUE, FALSE),
             "the broker's");
    g_autoptr (PstMessage) run = ask (supervisor, "Run", g_variant_new ("(s)", "true"), "no such method");

    row ("attack", attach != NULL, "Attach on the link");
    row ("attack", run != NULL, "a method that does not exist");
  }
}

/* Each of these may end the sandbox: one for each start. Returns FALSE when there is none of this number. */
static gboolean
attack_broker_fatally (guint number)
{
  static const char with_nul[] = "/etc\0/shadow";
  static const char *const paths[] = {
    "/etc/shadow",  "/",      "/proc/1/environ", "/proc/self/mem",      "/dev/sda", "relative", "", "/home/../etc/passwd",
    "//etc/passwd", "/tmp/x", "/run/x",          "/var/lib/dpkg/status"
  };
  const char *secret = target ("secret");
  g_autofree char *huge = g_strnfill (1 << 20, 'x');
  const guint n_paths = G_N_ELEMENTS (paths);
  GVariant *args = NULL;
  const char *member = PST_GATE_ASK;
  g_autofree char *what = NULL;
  g_autoptr (PstMessage) reply = NULL;
  guint64 id = 1u << 30;
  guint32 outcome = 0;

#define ASK(path, access, op, tid) g_variant_new ("(t@ayuuu)", id, path, (guint32)(access), (guint32)(op), (guint32)(tid))
  if (number < n_paths)
    {
      args = ASK (bytes (paths[number]), PST_ACCESS_VIEW, PST_OP_OPEN, getpid ());
      what = g_strdup_printf ("Ask for \"%s\"", paths[number]);
    }
  else
    switch (number - n_paths)
      {
      case 0:
        args = ASK (bytes (secret), 0, PST_OP_OPEN, 1);
        break;
      case 1:
        args = ASK (bytes (secret), 99, PST_OP_OPEN, 1);
        break;
      case 2:
        args = ASK (bytes (secret), G_MAXUINT32, G_MAXUINT32, G_MAXUINT32);
        break;
      case 3:
        args = ASK (g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, with_nul, sizeof with_nul, TRUE, NULL, NULL),
                    PST_ACCESS_VIEW, PST_OP_OPEN, 1);
        break;
      case 4: /* no NUL at its end */
        args =
            ASK (g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, secret, strlen (secret), 1), PST_ACCESS_VIEW, PST_OP_OPEN, 1);
        break;
      case 5:
        args = ASK (bytes (huge), PST_ACCESS_VIEW, PST_OP_OPEN, 1);
        break;
      case 6:
        member = PST_GATE_LIST_NAMES;
        args = g_variant_new ("(@ay)", bytes ("/etc"));
        break;
      case 7:
        member = PST_GATE_LIST_NAMES;
        args = g_variant_new ("(@ay)", bytes (".."));
        break;
      case 8:
        member = PST_CONTROL_LIST_GRANTS;
        args = g_variant_new ("(s)", "");
        break;
      case 9:
        member = PST_CONTROL_GRANT;
        args = g_variant_new ("(su@ayuuuux)", target ("app"), (guint32)PST_KIND_FILES, bytes (target ("home")),
                              (guint32)PST_SCOPE_TREE, (guint32)PST_ACCESS_CHANGE, (guint32)PST_ANSWER_ALLOW,
                              (guint32)PST_LIFETIME_ALWAYS, (gint64)0);
        break;
      case 10:
        member = PST_AGENT_REGISTER_AGENT;
        args = g_variant_new ("(ss)", "gtk", ":1");
        break;
      case 11:
        member = PST_AGENT_ANSWER;
        args = g_variant_new ("(tuuuux)", (guint64)1, 1u, 0u, 0u, 3u, (gint64)0);
        break;
      case 12:
        member = "Hello";
        args = g_variant_new ("(us)", 1u, "control");
        break;
      case 13:
        args = g_variant_new ("(s)", "not an ask");
        break;
      default:
        return FALSE;
      }
  if (what == NULL)
    what = g_strdup_printf ("%s, case %u", member, number - n_paths);
  dprintf (report_fd, "# trying %s\n", what);
  reply = ask (broker, member, args, what);
  if (reply != NULL && strcmp (member, PST_GATE_ASK) == 0 && g_variant_is_of_type (reply->args, G_VARIANT_TYPE ("(u)")))
    g_variant_get (reply->args, "(u)", &outcome);
  if (reply != NULL && strcmp (member, PST_GATE_LIST_NAMES) == 0)
    {
      g_autoptr (GVariant) names = g_variant_get_child_value (reply->args, 0);

      outcome = g_variant_n_children (names) > 0 ? PST_OUTCOME_RETRY : PST_OUTCOME_DENY;
    }
  if (reply != NULL && strcmp (member, PST_GATE_ASK) != 0 && strcmp (member, PST_GATE_LIST_NAMES) != 0)
    outcome = PST_OUTCOME_RETRY;
  row ("attack", outcome == PST_OUTCOME_RETRY, "%s", what);
  return TRUE;
}

static gboolean
attack_when_told (gpointer user_data)
{
  char buffer[16384];
  ssize_t length;
  int fd;

  if (faccessat (home_fd, ".go", F_OK, 0) != 0)
    return G_SOURCE_CONTINUE;
  fd = openat (home_fd, ".targets", O_RDONLY | O_CLOEXEC);
  length = fd >= 0 ? read (fd, buffer, sizeof buffer - 1) : 0;
  buffer[length > 0 ? length : 0] = '\0';
  targets = g_strconcat ("\n", buffer, NULL);
  report_fd = openat (home_fd, ".report", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (target ("fatal")[0] != '\0')
    {
      if (!attack_broker_fatally ((guint)atoi (target ("fatal"))))
        dprintf (report_fd, "no more\n");
    }
  else
    {
      row ("control", trees->len >= 3, "%u trees are held", trees->len);
      attack_tree_fds ();
      attack_names ();
      attack_mount ();
      attack_broker ();
    }
  dprintf (report_fd, "end\n");
  return G_SOURCE_REMOVE;
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
  trees = g_ptr_array_new ();
  supervisor = pst_peer_new_take_fd (3);
  real_link = pst_peer_new_take_fd (pair[0]);
  pst_peer_start (supervisor, from_supervisor, ended, NULL);
  pst_peer_start (real_link, from_real_link, ended, NULL);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
