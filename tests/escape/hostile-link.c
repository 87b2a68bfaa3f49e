/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hostile.h"

/* What the descriptors of the trees give beyond what was granted, and what the supervisor can be made to do on the link. */

/* Did a Name… call give us a descriptor, and what does it read? */
static bool
opens (guint64 tree, const char *name, int flags, char *text, size_t size)
{
  g_autoptr (PstMessage) reply =
      hostile_ask (hostile.supervisor, PST_LINK_NAME_OPEN,
                   g_variant_new ("(t@ayiu)", tree, hostile_bytes (name), flags, (guint32)0600), name);
  int fd;
  ssize_t length;

  text[0] = '\0';
  if (hostile_error (reply) != 0)
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
  for (guint i = 0; i <= hostile.trees->len; i++)
    {
      const Tree *tree = i < hostile.trees->len ? hostile.trees->pdata[i] : NULL;
      int fd = tree != NULL ? tree->fd : hostile.home_fd;
      const char *what = tree != NULL ? tree->path : "the private home";
      bool climbed = false;
      char path[8192] = "";

      if (fd < 0)
        continue;
      for (int up = 0; up < 16; up++)
        {
          char full[16384];
          int found;

          snprintf (full, sizeof full, "%s%s", path, hostile_target ("secret") + 1);
          found = openat (fd, full, O_RDONLY | O_CLOEXEC);
          if (found >= 0)
            climbed = true;
          strcat (path, "../");
        }
      hostile_row ("attack", climbed, "climbing out of the descriptor of %s", what);
      {
        struct stat root, above;

        hostile_row ("attack",
                     fstatat (fd, ".", &root, 0) == 0 && fstatat (fd, "..", &above, 0) == 0 &&
                         (root.st_ino != above.st_ino || root.st_dev != above.st_dev),
                     "\"..\" of the descriptor of %s is something else", what);
      }
      if (tree != NULL && tree->access == PST_ACCESS_VIEW)
        {
          int made = openat (fd, "made-by-hostile", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

          hostile_row ("attack", made >= 0, "writing in %s, granted for viewing", what);
          hostile_row ("attack", mkdirat (fd, "dir-by-hostile", 0700) == 0, "mkdir in %s, granted for viewing", what);
          hostile_row ("attack", fchmodat (fd, ".", 0777, 0) == 0, "chmod of %s, granted for viewing", what);
        }
      hostile_row ("control", fcntl (fd, F_GETFD) >= 0, "the descriptor of %s is held", what);
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

      for (guint t = 0; t < hostile.trees->len; t++)
        if (((Tree *)hostile.trees->pdata[t])->tree == numbers[i])
          known = true;
      if (known)
        continue;
      reply = hostile_ask (hostile.supervisor, PST_LINK_MOUNT, g_variant_new ("(t)", numbers[i]), "unknown tree");
      hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "Mount of the unknown tree %" G_GUINT64_FORMAT,
                   numbers[i]);
    }
  /* the same tree again and again: a stack of mounts is memory of the kernel's */
  for (guint t = 0; t < hostile.trees->len; t++)
    {
      const Tree *tree = hostile.trees->pdata[t];
      int times = 0;

      for (int i = 0; i < 50; i++)
        {
          g_autoptr (PstMessage) reply =
              hostile_ask (hostile.supervisor, PST_LINK_MOUNT, g_variant_new ("(t)", tree->tree), "again");

          if (reply != NULL && hostile_error (reply) == 0)
            times++;
          else
            break;
        }
      hostile_say ("# Mount of %s was answered with success %d times\n", tree->path, times);
      if (tree->kind != PST_TREE_TREE)
        hostile_row ("attack", times > 0, "Mount of %s, which is of kind %u", tree->path, tree->kind);
    }
}

static void
attack_names (void)
{
  static const char *const always_bad[] = {
    "", ".", "..", "/", "/etc/passwd", "../other.txt", "../Documents/hidden/secret", "a/b", "./a", "name/../other.txt", "..\0x"
  };
  char text[256];

  for (guint t = 0; t < hostile.trees->len; t++)
    {
      const Tree *tree = hostile.trees->pdata[t];
      g_autofree char *own = g_path_get_basename (tree->path);
      static const char *const others[] = { "other.txt", "secret", ".hidden", "other-link" };
      bool file_kind = tree->kind != PST_TREE_TREE;

      if (file_kind && tree->kind == PST_TREE_FILE)
        hostile_row ("control", opens (tree->tree, own, O_RDONLY, text, sizeof text), "NameOpen of %s itself", tree->path);
      for (size_t i = 0; i < G_N_ELEMENTS (always_bad); i++)
        hostile_row ("attack", opens (tree->tree, always_bad[i], O_RDONLY, text, sizeof text), "NameOpen of \"%s\" in %s (%s)",
                     always_bad[i], tree->path, text);
      for (size_t i = 0; i < G_N_ELEMENTS (others); i++)
        {
          g_autoptr (PstMessage) reply = NULL;

          hostile_row ("attack", opens (tree->tree, others[i], O_RDONLY, text, sizeof text),
                       "NameOpen of \"%s\" beside %s (%s)", others[i], tree->path, text);
          hostile_row ("attack", opens (tree->tree, others[i], O_WRONLY | O_CREAT | O_TRUNC, text, sizeof text),
                       "NameOpen for writing of \"%s\" beside %s", others[i], tree->path);
          reply = hostile_ask (hostile.supervisor, PST_LINK_NAME_STAT,
                               g_variant_new ("(t@ay)", tree->tree, hostile_bytes (others[i])), "stat");
          hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameStat of \"%s\" beside %s", others[i],
                       tree->path);
          g_clear_pointer (&reply, pst_message_free);
          reply = hostile_ask (hostile.supervisor, PST_LINK_NAME_READLINK,
                               g_variant_new ("(t@ay)", tree->tree, hostile_bytes (others[i])), "readlink");
          hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameReadlink of \"%s\" beside %s", others[i],
                       tree->path);
          g_clear_pointer (&reply, pst_message_free);
          reply = hostile_ask (hostile.supervisor, PST_LINK_NAME_UNLINK,
                               g_variant_new ("(t@ay)", tree->tree, hostile_bytes (others[i])), "unlink");
          hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameUnlink of \"%s\" beside %s", others[i],
                       tree->path);
          g_clear_pointer (&reply, pst_message_free);
          /* bring the other under a name that is ours, each way */
          for (guint32 flags = 0; flags <= 2; flags++)
            {
              reply = hostile_ask (
                  hostile.supervisor, PST_LINK_NAME_RENAME,
                  g_variant_new ("(t@ay@ayu)", tree->tree, hostile_bytes (others[i]), hostile_bytes (own), flags), "rename in");
              hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameRename of \"%s\" to %s, flags %u",
                           others[i], own, flags);
              g_clear_pointer (&reply, pst_message_free);
              reply =
                  hostile_ask (hostile.supervisor, PST_LINK_NAME_RENAME,
                               g_variant_new ("(t@ay@ayu)", tree->tree, hostile_bytes (own), hostile_bytes (others[i]), flags),
                               "rename out");
              hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameRename of %s to \"%s\", flags %u", own,
                           others[i], flags);
              g_clear_pointer (&reply, pst_message_free);
            }
          {
            g_autofree char *side = g_strconcat (own, "~", NULL);

            reply = hostile_ask (hostile.supervisor, PST_LINK_NAME_LINK,
                                 g_variant_new ("(t@ay@ay)", tree->tree, hostile_bytes (others[i]), hostile_bytes (side)),
                                 "link in");
            hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameLink of \"%s\" to %s", others[i], side);
            g_clear_pointer (&reply, pst_message_free);
            reply = hostile_ask (hostile.supervisor, PST_LINK_NAME_LINK,
                                 g_variant_new ("(t@ay@ay)", tree->tree, hostile_bytes (own), hostile_bytes (others[i])),
                                 "link out");
            hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameLink of %s to \"%s\"", own, others[i]);
            g_clear_pointer (&reply, pst_message_free);
          }
          reply =
              hostile_ask (hostile.supervisor, PST_LINK_NAME_SYMLINK,
                           g_variant_new ("(t@ay@ay)", tree->tree, hostile_bytes ("/x"), hostile_bytes (others[i])), "symlink");
          hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameSymlink \"%s\" beside %s", others[i],
                       tree->path);
          g_clear_pointer (&reply, pst_message_free);
        }
      /* a side file that is a symlink to the secret, then opened */
      {
        g_autofree char *side = g_strconcat (own, "~", NULL);
        g_autoptr (PstMessage) made = hostile_ask (
            hostile.supervisor, PST_LINK_NAME_SYMLINK,
            g_variant_new ("(t@ay@ay)", tree->tree, hostile_bytes (hostile_target ("secret")), hostile_bytes (side)),
            "symlink to the secret");

        hostile_say ("# a side file as a symlink: %d\n", made != NULL ? hostile_error (made) : -1);
        hostile_row ("attack", opens (tree->tree, side, O_RDONLY, text, sizeof text) && strstr (text, "SECRET") != NULL,
                     "NameOpen of a side file that is a symlink to the secret (%s)", text);
        hostile_row ("attack", opens (tree->tree, side, O_WRONLY | O_TRUNC, text, sizeof text),
                     "NameOpen for truncation of that symlink");
        /* and that symlink in the place of the file itself, where other programs of the person's would follow it */
        for (guint32 flags = 0; flags <= 2; flags += 2)
          {
            struct stat st;
            g_autoptr (PstMessage) moved =
                hostile_ask (hostile.supervisor, PST_LINK_NAME_RENAME,
                             g_variant_new ("(t@ay@ayu)", tree->tree, hostile_bytes (side), hostile_bytes (own), flags),
                             "the symlink over the file");
            g_autoptr (PstMessage) is =
                hostile_ask (hostile.supervisor, PST_LINK_NAME_STAT, g_variant_new ("(t@ay)", tree->tree, hostile_bytes (own)),
                             "what the file is now");
            g_autoptr (GVariant) value = is != NULL ? g_variant_get_child_value (is->args, 1) : NULL;
            gsize n = 0;
            const void *data = value != NULL ? g_variant_get_fixed_array (value, &n, 1) : NULL;

            if (n == sizeof st)
              memcpy (&st, data, n);
            hostile_row ("attack", n == sizeof st && S_ISLNK (st.st_mode), "the file %s replaced by a symlink, flags %u (%d)",
                         own, flags, moved != NULL ? hostile_error (moved) : -1);
          }
        g_clear_pointer (&made, pst_message_free);
        made = hostile_ask (hostile.supervisor, PST_LINK_NAME_UNLINK,
                            g_variant_new ("(t@ay)", tree->tree, hostile_bytes (side)), "clean");
      }
      if (tree->access == PST_ACCESS_VIEW)
        {
          static const int writing[] = { O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND, O_RDWR | O_CREAT, 3 };
          g_autoptr (PstMessage) reply = NULL;
          g_autofree char *side = g_strconcat (own, "~", NULL);

          for (size_t i = 0; i < G_N_ELEMENTS (writing); i++)
            hostile_row ("attack", opens (tree->tree, own, writing[i], text, sizeof text),
                         "NameOpen of %s, granted for viewing, with flags %#x", own, (unsigned)writing[i]);
          hostile_row ("attack", opens (tree->tree, side, O_WRONLY | O_CREAT, text, sizeof text),
                       "NameOpen creates %s, granted for viewing", side);
          reply = hostile_ask (hostile.supervisor, PST_LINK_NAME_UNLINK,
                               g_variant_new ("(t@ay)", tree->tree, hostile_bytes (own)), "unlink");
          hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameUnlink of %s, granted for viewing", own);
          g_clear_pointer (&reply, pst_message_free);
          reply =
              hostile_ask (hostile.supervisor, PST_LINK_NAME_RENAME,
                           g_variant_new ("(t@ay@ayu)", tree->tree, hostile_bytes (own), hostile_bytes (side), 0u), "rename");
          hostile_row ("attack", reply != NULL && hostile_error (reply) == 0, "NameRename of %s, granted for viewing", own);
        }
      {
        g_autoptr (PstMessage) reply =
            hostile_ask (hostile.supervisor, PST_LINK_NAME_LIST, g_variant_new ("(t)", tree->tree), "list");

        if (reply != NULL && hostile_error (reply) == 0)
          {
            g_autofree char *shown = g_variant_print (reply->args, FALSE);

            hostile_row ("attack", strstr (shown, "other.txt") != NULL || strstr (shown, ".hidden") != NULL,
                         "NameList of %s shows a neighbour: %s", tree->path, shown);
          }
      }
    }
  hostile_row ("attack", opens (4711, "x", O_RDONLY, text, sizeof text), "NameOpen in an unknown tree");
}

void
hostile_attack_supervisor (void)
{
  attack_tree_fds ();
  attack_names ();
  attack_mount ();
}
