/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue, as it is read. GKeyFile takes the last of duplicate keys and knows no line numbers; what decides about
 * permissions may not be that forgiving. A section is gathered line by line, and checked as a whole where it ends
 * (pst-services-section.c). */
#include "pst-services-private.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "pst-text.h"

#define MAX_SIZE (256u << 10)
#define MAX_ENTRIES 4096

static gboolean
word_is_valid (const char *word)
{
  gsize length = strspn (word, "abcdefghijklmnopqrstuvwxyz0123456789-");

  return length > 0 && length <= 40 && word[length] == '\0';
}

/* A family needs three words: "org.freedesktop.*" would be half of the bus. */
static gboolean
name_is_valid (const char *pattern)
{
  g_autofree char *name = g_strdup (pattern);

  if (g_str_has_suffix (name, ".*"))
    {
      name[strlen (name) - 2] = '\0';
      if (!strchr (name, '.') || strchr (name, '.') == strrchr (name, '.'))
        return FALSE;
    }
  return g_dbus_is_name (name) && !g_dbus_is_unique_name (name);
}

/* "[session system org.foo.Bar : part]", "[module games]", "[own]"; @line is written to. */
static gboolean
parse_section (PstServiceParser *parser, char *line)
{
  g_autofree char *shown = pst_text_for_display (line, 100);
  g_autofree char *heading = g_strdup (line);
  g_auto (GStrv) words = NULL;
  gsize length = strlen (line), n, i;

  if (!pst_service_section_end (parser))
    return FALSE;
  parser->begun = parser->line;
  if (line[length - 1] != ']')
    return pst_service_refuse (parser, parser->line, _ ("“%s” has no ] at its end; add it"), shown);
  line[length - 1] = '\0';
  words = g_strsplit (line + 1, " ", 9);
  n = g_strv_length (words);
  if (!g_hash_table_add (parser->seen, g_steal_pointer (&heading)))
    return pst_service_refuse (parser, parser->line, _ ("the section %s is there twice; make one of both"), shown);

  if (n == 1 && strcmp (words[0], "own") == 0)
    parser->section = PST_SERVICE_OWN;
  else if (n == 2 && strcmp (words[0], "module") == 0 && word_is_valid (words[1]))
    {
      parser->section = PST_SERVICE_MODULE;
      parser->name = g_strdup (words[1]);
      if (g_hash_table_contains (parser->services->modules, parser->name))
        return pst_service_refuse (parser, parser->line, _ ("the module %s is there twice"), parser->name);
      g_hash_table_insert (parser->services->modules, g_strdup (parser->name), pst_service_module_new ());
    }
  else
    {
      PstServiceBus bus;

      for (i = 0; i < n && pst_service_bus_from_string (words[i], &bus) && !(parser->buses & (1u << bus)); i++)
        parser->buses |= 1u << bus;
      if (i == 0 || i == n || !name_is_valid (words[i]) ||
          !(i + 1 == n || (i + 3 == n && strcmp (words[i + 1], ":") == 0 && word_is_valid (words[i + 2]))))
        return pst_service_refuse (parser, parser->line,
                                   _ ("“%s” is none of [BUS NAME], [BUS NAME : PART], [module NAME], [own]"), shown);
      if (parser->services->entries->len >= MAX_ENTRIES)
        return pst_service_refuse (parser, parser->line, _ ("more than %u services"), MAX_ENTRIES);
      parser->section = i + 1 == n ? PST_SERVICE_SERVICE : PST_SERVICE_PART;
      parser->name = g_strdup (words[i]);
      parser->part = i + 1 == n ? NULL : g_strdup (words[i + 2]);
    }
  return TRUE;
}

static gboolean
key_is_known (PstServiceSection section, const char *key)
{
  static const char *const common[] = { "Title", "Icon", "Risk", "Verdict", NULL };
  static const char *const service[] = { "Own", "Quiet", "Ask", "Unasked", "Never", NULL };
  static const char *const part[] = { "Messages", "When", NULL };

  if (section == PST_SERVICE_OWN || section == PST_SERVICE_MODULE)
    return TRUE; /* looked at where the section ends */
  return g_strv_contains (common, key) || g_strv_contains (section == PST_SERVICE_SERVICE ? service : part, key);
}

static gboolean
parse_line (PstServiceParser *parser, char *line)
{
  g_autofree char *shown = pst_text_for_display (line, 60);
  char *equals;

  if (line[0] == '\0' || line[0] == '#')
    return TRUE;
  if (line[0] == '[')
    return parse_section (parser, line);
  if (parser->section == PST_SERVICE_NOWHERE)
    return pst_service_refuse (parser, parser->line, _ ("“%s” stands before any section"), shown);
  if (!(equals = strchr (line, '=')))
    return pst_service_refuse (parser, parser->line, _ ("“%s” is not of the form key=value"), shown);
  *equals = '\0';
  g_strchomp (line);
  g_free (shown);
  shown = pst_text_for_display (line, 60);
  if (!key_is_known (parser->section, line))
    return pst_service_refuse (parser, parser->line, _ ("there is no key “%s” here"), shown);
  if (g_hash_table_contains (parser->keys, line))
    return pst_service_refuse (parser, parser->line, _ ("the key “%s” is there twice"), shown);
  g_hash_table_insert (parser->keys, g_strdup (line), g_strdup (g_strchug (equals + 1)));
  g_hash_table_insert (parser->lines, g_strdup (line), GUINT_TO_POINTER (parser->line));
  return TRUE;
}

/* Is it text that can be cut into lines at all? */
static gboolean
check_text (const PstServiceParser *parser, const char *data, gsize size)
{
  guint line = 1;

  if (size > MAX_SIZE)
    return pst_service_refuse (parser, 1, _ ("larger than 256 KiB; that is no catalogue"));
  for (gsize i = 0; i < size; i++)
    {
      if (data[i] == '\0')
        return pst_service_refuse (parser, line, _ ("a NUL byte; write the catalogue as plain text"));
      line += data[i] == '\n';
    }
  if (size > 0 && !g_utf8_validate (data, (gssize)size, NULL))
    return pst_service_refuse (parser, 1, _ ("not UTF-8 text"));
  return TRUE;
}

gboolean
pst_services_add (PstServices *services, const char *data, gsize size, const char *label, GError **error)
{
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GHashTable) lines_of_keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  PstServiceParser parser = {
    .services = services, .label = label, .error = error, .keys = keys, .lines = lines_of_keys, .seen = seen, .line = 1
  };
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean fine = TRUE;

  g_return_val_if_fail (!services->sealed, FALSE);
  if (!check_text (&parser, data, size))
    return FALSE;
  text = g_strndup (size > 0 ? data : "", size);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; fine && lines[i]; i++)
    {
      parser.line = i + 1;
      fine = parse_line (&parser, g_strstrip (lines[i]));
    }
  fine = fine && pst_service_section_end (&parser);
  g_free (parser.name);
  g_free (parser.part);
  return fine;
}
