/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern export and import: the rules as a file. What is in it is the broker's business; here are the files. */
#include "cli-commands.h"
#include "cli-control.h"
#include "cli.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With what stands around it in a message it must not be larger than 16 MiB. */
#define MAX_SIZE ((16u << 20) - 4096)

static gboolean
write_all (int fd, const char *text)
{
  for (gsize left = strlen (text); left > 0;)
    {
      gssize n = write (fd, text, left);

      if (n < 0 && errno != EINTR)
        return FALSE;
      if (n > 0)
        text += n, left -= (gsize)n;
    }
  return TRUE;
}

/* The file is there whole, or as it was before. Without @force no file that is there already is replaced, not even one that
 * comes at this moment. */
static gboolean
write_file (const char *path, const char *text, gboolean force)
{
  g_autofree char *other = g_strconcat (path, ".XXXXXX", NULL);
  pst_autofd fd = mkostemp (other, O_CLOEXEC);
  gboolean fine;
  int code;

  if (fd < 0)
    return FALSE;
  fine = write_all (fd, text) && fsync (fd) == 0 && (force ? rename (other, path) : link (other, path)) == 0;
  code = errno;
  if (!fine || !force)
    unlink (other);
  errno = code;
  return fine;
}

/* A single word may be the one or the other. */
static gboolean
is_file_name (const char *word)
{
  return strcmp (word, "-") == 0 || strchr (word, '/') != NULL || g_str_has_suffix (word, ".json");
}

int
pst_cli_export_main (int argc, char **argv)
{
  gboolean force = FALSE;
  const GOptionEntry entries[] = {
    { "force", 'f', 0, G_OPTION_ARG_NONE, &force, N_ ("Replace a file that is there already"), NULL }, { NULL }
  };
  g_autoptr (PstMessage) reply = NULL;
  const char *app = "", *file = "-", *json;
  int status;

  if (!pst_cli_parse (
          &argc, &argv, entries, _ ("[APP] [FILE]"),
          _ ("Writes your permanent rules, and the switches of applications, as JSON.\nAPP is what “postern apps” shows, "
             "all if it is missing; FILE has a slash in it or ends in .json; without it, or as -, it goes to the "
             "standard output"),
          &status))
    return status;
  if (argc > 3)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("takes an application and a file, for example: postern export eog ./eog.json"));
  if (argc == 3)
    app = argv[1], file = argv[2];
  else if (argc == 2)
    *(is_file_name (argv[1]) ? &file : &app) = argv[1];
  if (argc == 3 && *app == '\0')
    return pst_cli_fail (PST_EXIT_USAGE, _ ("the application is empty; leave it out for all"));
  if (*file == '\0')
    return pst_cli_fail (PST_EXIT_USAGE, _ ("the file’s name is empty"));

  reply = pst_cli_call (PST_CONTROL_EXPORT, g_variant_new ("(s)", app), PST_CONTROL_EXPORT_OUT);
  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, "(&s)", &json);
  /* Not for a word that was mistyped. */
  if (*app != '\0' && strstr (json, "\"id\"") == NULL && pst_cli_check_app (app) != 0)
    return 1;
  if (strcmp (file, "-") == 0)
    {
      if (!write_all (STDOUT_FILENO, json))
        return pst_cli_fail (1, _ ("the standard output cannot be written: %s"), g_strerror (errno));
      return 0;
    }
  if (!write_file (file, json, force))
    {
      g_autofree char *shown = pst_text_for_display (file, 200);

      return errno == EEXIST ? pst_cli_fail (1, _ ("%s is there already; use another name, or --force to replace it"), shown)
                             : pst_cli_fail (1, _ ("%s cannot be written: %s"), shown, g_strerror (errno));
    }
  return 0;
}

/* NULL: told. */
static char *
read_text (const char *file)
{
  gboolean standard = strcmp (file, "-") == 0;
  g_autofree char *shown = standard ? g_strdup (_ ("the standard input")) : pst_text_for_display (file, 200);
  pst_autofd own = standard ? -1 : open (file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  int fd = standard ? STDIN_FILENO : own;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 buffer[64 << 10];
  gssize n = 0;

  if (fd < 0)
    return pst_cli_fail (1, _ ("%s cannot be opened: %s"), shown, g_strerror (errno)), NULL;
  while (bytes->len <= MAX_SIZE && ((n = read (fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR)))
    if (n > 0)
      g_byte_array_append (bytes, buffer, (guint)n);
  if (n < 0)
    return pst_cli_fail (1, _ ("%s cannot be read: %s"), shown, g_strerror (errno)), NULL;
  if (bytes->len > MAX_SIZE)
    return pst_cli_fail (1, _ ("%s is larger than 16 MiB, and no export is; nothing has been imported"), shown), NULL;
  g_byte_array_append (bytes, (const guint8 *)"", 1);
  if (strlen ((const char *)bytes->data) + 1 != bytes->len || !g_utf8_validate ((const char *)bytes->data, -1, NULL))
    return pst_cli_fail (1, _ ("%s is not UTF-8 text, and no export of Postern’s; nothing has been imported"), shown), NULL;
  return g_strdup ((const char *)bytes->data);
}

int
pst_cli_import_main (int argc, char **argv)
{
  gboolean replace = FALSE, dry = FALSE, protected_too = FALSE;
  const GOptionEntry entries[] = {
    { "replace", 0, 0, G_OPTION_ARG_NONE, &replace, N_ ("Take away every rule and switch that the file does not have"), NULL },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry, N_ ("Only check, and tell what would happen"), NULL },
    { "protected", 0, 0, G_OPTION_ARG_NONE, &protected_too,
      N_ ("Take in what it allows of keys, passwords and the like, and of services that control the host"), NULL },
    { NULL }
  };
  g_autofree char *json = NULL;
  g_autoptr (PstMessage) reply = NULL;
  guint32 added, changed, removed;
  guint64 undo;
  int status;

  if (!pst_cli_parse (
          &argc, &argv, entries, _ ("FILE"),
          _ ("Reads rules that “postern export” has written; - is the standard input.\nThe file is checked as a whole "
             "first: all of it comes in, or nothing"),
          &status))
    return status;
  if (argc != 2)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("needs a file, for example: postern import --dry-run ./grants.json"));
  json = read_text (argv[1]);
  if (json == NULL)
    return 1;

  reply = pst_cli_call (protected_too ? PST_CONTROL_IMPORT_PROTECTED : PST_CONTROL_IMPORT,
                        g_variant_new ("(sbb)", json, replace, dry), PST_CONTROL_IMPORT_OUT);
  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, PST_CONTROL_IMPORT_OUT, &added, &changed, &removed, &undo);
  if (added + changed + removed == 0)
    printf (_ ("Everything in it is as it is here already.\n"));
  else if (dry)
    printf (_ ("Would be imported: %u added, %u changed, %u removed. Nothing has been changed.\n"), added, changed, removed);
  else
    printf (_ ("Imported: %u added, %u changed, %u removed.\n"), added, changed, removed);
  return 0;
}
