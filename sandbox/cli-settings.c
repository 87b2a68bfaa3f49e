/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern settings, and postern allow. */
#include "cli-commands.h"
#include "cli-control.h"
#include "cli.h"
#include "postern-ipc.h"
#include "pst-json.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static const char *const settings[] = { "history-days", "history-rows", "unused-days" };

enum
{
  HISTORY_DAYS,
  HISTORY_ROWS,
  UNUSED_DAYS
};

/* A setting in words. (transfer full) */
static char *
describe (gsize i, guint32 value)
{
  switch (i)
    {
    case HISTORY_DAYS:
      return value == 0 ? g_strdup (_ ("what happened is kept for ever"))
                        : g_strdup_printf (
                              ngettext ("what happened is kept for %u day", "what happened is kept for %u days", value), value);
    case HISTORY_ROWS:
      return value == 0
                 ? g_strdup (_ ("as many rows of it as there can be"))
                 : g_strdup_printf (ngettext ("and never more than %u row", "and never more than %u rows", value), value);
    default:
      return value == 0 ? g_strdup (_ ("a permission that nobody uses never ends"))
                        : g_strdup_printf (ngettext ("a permission that nobody uses ends after %u day",
                                                     "a permission that nobody uses ends after %u days", value),
                                           value);
    }
}

/* "history-days" or "history_days" → its place; -1 for none. */
static int
find_setting (const char *word)
{
  g_autofree char *key = g_strdelimit (g_strdup (word), "_", '-');

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    if (strcmp (settings[i], key) == 0)
      return (int)i;
  return -1;
}

static char *
member_of (gsize i)
{
  return g_strdelimit (g_strdup (settings[i]), "-", '_');
}

static int
set_setting (gsize i, const char *word)
{
  g_autofree char *member = member_of (i);
  g_autoptr (PstMessage) reply = NULL;
  GVariantBuilder dict;
  guint64 value = 0;

  if (strcmp (word, "forever") != 0 && strcmp (word, "never") != 0 &&
      !g_ascii_string_to_unsigned (word, 10, 0, G_MAXUINT32, &value, NULL))
    {
      g_autofree char *zero = describe (i, 0);

      /* Translators: what is no number, and what 0 means: "a permission that nobody uses never ends" */
      return pst_cli_fail (PST_EXIT_USAGE, _ ("“%s” is no number; 0 means: %s"), word, zero);
    }
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", member, g_variant_new_uint32 ((guint32)value));
  reply = pst_cli_call (PST_CONTROL_SET_SETTINGS, g_variant_new ("(a{sv})", &dict), PST_CONTROL_SET_SETTINGS_OUT);
  return reply != NULL ? 0 : 1;
}

int
pst_cli_settings_main (int argc, char **argv)
{
  gboolean json_wanted = FALSE;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json_wanted, N_ ("Print JSON for programs"), NULL },
                                   { NULL } };
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GVariant) dict = NULL;
  PstJson *json = NULL;
  int which = -1, status;

  if (!pst_cli_parse (&argc, &argv, entries, _ ("[KEY [VALUE]]"),
                      _ ("Shows or sets how long things are kept: history-days, history-rows, unused-days (0: for ever)."),
                      &status))
    return status;
  if (argc > 3)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("takes a setting and its value"));
  if (argc > 1 && (which = find_setting (argv[1])) < 0)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("there is no setting “%s”; there are history-days, history-rows and unused-days"),
                         argv[1]);
  if (argc > 2)
    return set_setting ((gsize)which, argv[2]);

  reply = pst_cli_call (PST_CONTROL_GET_SETTINGS, NULL, PST_CONTROL_GET_SETTINGS_OUT);
  if (reply == NULL)
    return 1;
  dict = g_variant_get_child_value (reply->args, 0);
  if (json_wanted)
    {
      json = pst_json_new ();
      pst_json_begin (json);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      g_autofree char *member = member_of (i);
      guint32 value = 0;

      g_variant_lookup (dict, member, "u", &value);
      if (which >= 0 && (gsize)which != i)
        continue;
      if (json != NULL)
        pst_json_int (json, member, value);
      else if (which >= 0)
        printf ("%u\n", value);
      else
        {
          g_autofree char *words = describe (i, value);

          printf ("%-13s %10u   %s\n", settings[i], value, words);
        }
    }
  if (json != NULL)
    {
      pst_json_end (json);
      pst_json_print_free (json);
    }
  return 0;
}

int
pst_cli_allow_main (int argc, char **argv)
{
  g_autofree char *lifetime_word = NULL;
  const GOptionEntry entries[] = {
    { "for", 0, 0, G_OPTION_ARG_STRING, &lifetime_word, N_ ("once, session or always (always)"), N_ ("HOW-LONG") }, { NULL }
  };
  g_autoptr (PstMessage) reply = NULL;
  PstLifetime lifetime = PST_LIFETIME_ALWAYS;
  guint64 row = 0;
  int status;

  if (!pst_cli_parse (
          &argc, &argv, entries, _ ("ROW"),
          _ ("Allows afterwards what was refused: exactly the file, folder or service that a row of “postern log” names."),
          &status))
    return status;
  if (argc != 2 || !g_ascii_string_to_unsigned (argv[1], 10, 1, G_MAXINT64, &row, NULL))
    return pst_cli_fail (PST_EXIT_USAGE, _ ("needs the number of a row, as “postern log” shows it first in each line"));
  if (lifetime_word != NULL && (!pst_lifetime_from_string (lifetime_word, &lifetime) || lifetime == PST_LIFETIME_UNTIL))
    return pst_cli_fail (PST_EXIT_USAGE, _ ("“%s” is not how long it can be; use once, session or always"), lifetime_word);
  reply =
      pst_cli_call (PST_CONTROL_ALLOW_REFUSED, g_variant_new ("(tu)", row, (guint32)lifetime), PST_CONTROL_ALLOW_REFUSED_OUT);
  if (reply == NULL)
    return 1;
  printf (_ ("Allowed. “postern grants” lists it, “postern revoke” takes it back.\n"));
  return 0;
}
