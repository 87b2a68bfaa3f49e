/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A section of the catalogue, gathered by pst-services-parse.c, becomes entries and rules. Whatever is wrong in it is named
 * with its line and key. */
#include "pst-services-private.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "pst-text.h"

#define MAX_RULES 16384

gboolean
pst_service_refuse (const PstServiceParser *parser, guint line, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (parser->error, PST_SERVICES_ERROR, 0, _ ("%s, line %u: %s"), parser->label, line, what);
  return FALSE;
}

static guint
line_of (const PstServiceParser *parser, const char *key)
{
  guint line = GPOINTER_TO_UINT (g_hash_table_lookup (parser->lines, key));

  return line ? line : parser->begun;
}

static const char *
keep (PstServiceParser *parser, const char *string)
{
  return string ? g_string_chunk_insert_const (parser->services->strings, string) : NULL;
}

/* ---- values ---- */

static gboolean
take_verdict (PstServiceParser *parser, const char *key, PstServiceVerdict *out)
{
  const char *value = g_hash_table_lookup (parser->keys, key);
  g_autofree char *shown = NULL;

  if (!value || pst_service_verdict_from_string (value, out))
    return TRUE;
  shown = pst_text_for_display (value, 40);
  return pst_service_refuse (parser, line_of (parser, key), _ ("%s is “%s”; use quiet, ask or never"), key, shown);
}

/* What a person will read: there, not too long, nothing in it that would be shown as something else. */
static gboolean
take_words (PstServiceParser *parser, const char *key, gsize max_chars, const char **out)
{
  const char *value = g_hash_table_lookup (parser->keys, key);
  g_autofree char *shown = NULL;

  if (!value || *value == '\0')
    return pst_service_refuse (parser, line_of (parser, key), _ ("%s is missing or empty"), key);
  shown = pst_text_for_display (value, max_chars);
  if (strcmp (shown, value) != 0)
    return pst_service_refuse (parser, line_of (parser, key),
                               _ ("%s is longer than %u characters, or cannot be shown as it is"), key, (guint)max_chars);
  *out = keep (parser, value);
  return TRUE;
}

static gboolean
take_icon (PstServiceParser *parser, const char **out)
{
  if (!take_words (parser, "Icon", 64, out))
    return FALSE;
  for (const char *c = *out; *c; c++)
    if (!g_ascii_isalnum (*c) && !strchr ("-._+", *c))
      return pst_service_refuse (parser, line_of (parser, "Icon"), _ ("Icon must be an icon’s name in the theme, not a file"));
  return TRUE;
}

gboolean
pst_service_message_parse (const char *text, char **interface, char **member)
{
  const char *dot = strrchr (text, '.');
  g_autofree char *before = dot ? g_strndup (text, (gsize)(dot - text)) : NULL;

  if (!dot || !g_dbus_is_interface_name (before) || (strcmp (dot, ".*") != 0 && !g_dbus_is_member_name (dot + 1)))
    return FALSE;
  *interface = g_steal_pointer (&before);
  *member = strcmp (dot, ".*") == 0 ? NULL : g_strdup (dot + 1);
  return TRUE;
}

/* ---- services ---- */

static PstServiceRule *
rule_new (PstServiceParser *parser, const PstServiceEntry *entry, const char *interface, const char *member, const char *path,
          gboolean with_actions, PstServiceVerdict verdict)
{
  PstServiceRule *rule = g_new0 (PstServiceRule, 1);

  rule->entry = entry;
  rule->interface = keep (parser, interface);
  rule->member = keep (parser, member);
  rule->path = keep (parser, path);
  rule->with_actions = with_actions;
  rule->verdict = verdict;
  g_ptr_array_add (parser->services->all_rules, rule);
  return rule;
}

/* Puts the messages listed under @key into every bus's table. Those under “Unasked” are never asked about, but not refused to
 * whom the service is allowed. */
static gboolean
take_messages (PstServiceParser *parser, const char *key, const PstServiceEntry *entry, gboolean with_actions,
               PstServiceVerdict verdict)
{
  const char *value = g_hash_table_lookup (parser->keys, key);
  g_auto (GStrv) words = g_strsplit (value ? value : "", ";", -1);

  for (char **word = words; *word; word++)
    {
      g_autofree char *interface = NULL, *member = NULL, *rule_key = NULL, *shown = NULL;
      PstServiceRule *rule;
      char *path;

      if (*g_strstrip (*word) == '\0')
        continue;
      shown = pst_text_for_display (*word, 120);
      /* To look an object up in the tables nobody has its path; so what has one may only be milder than what has none. */
      path = verdict == PST_SERVICE_QUIET ? strchr (*word, '@') : NULL;
      if (path)
        *path++ = '\0';
      if (path && !g_variant_is_object_path (path))
        return pst_service_refuse (parser, line_of (parser, key), _ ("“%s” in %s does not name an object behind the @"), shown,
                                   key);
      if (!pst_service_message_parse (*word, &interface, &member))
        return pst_service_refuse (parser, line_of (parser, key), _ ("“%s” in %s is neither interface.member nor interface.*"),
                                   shown, key);
      if (parser->services->all_rules->len >= MAX_RULES)
        return pst_service_refuse (parser, line_of (parser, key), _ ("more than %u rules"), MAX_RULES);
      rule = rule_new (parser, entry, interface, member, path, with_actions, verdict);
      rule->unasked = strcmp (key, "Unasked") == 0;
      g_ptr_array_add (parser->services->rules, rule);
      rule_key = pst_service_rule_key (rule);
      for (guint bus = PST_SERVICE_BUS_SESSION; bus <= PST_SERVICE_BUS_A11Y; bus++)
        if (entry->buses & (1u << bus))
          {
            PstServiceNode *node = pst_services_node (parser->services, bus, parser->name);

            if (!g_hash_table_insert (node->rules, g_strdup (rule_key), rule))
              return pst_service_refuse (parser, line_of (parser, key), _ ("“%s” in %s is spoken of twice"), shown, key);
          }
    }
  return TRUE;
}

static PstServiceEntry *
entry_new (PstServiceParser *parser)
{
  PstServiceEntry *entry = g_new0 (PstServiceEntry, 1);
  g_autofree char *name = g_strdup (parser->name);

  entry->family = g_str_has_suffix (name, ".*");
  if (entry->family)
    name[strlen (name) - 2] = '\0';
  entry->buses = parser->buses;
  entry->name = keep (parser, name);
  entry->part = keep (parser, parser->part);
  entry->own = PST_SERVICE_NEVER;
  g_ptr_array_add (parser->services->entries, entry);
  return entry;
}

/* Title, icon, risk and verdict: every entry has all of them. */
static gboolean
take_common (PstServiceParser *parser, PstServiceEntry *entry)
{
  if (!take_words (parser, "Title", 80, &entry->title) || !take_icon (parser, &entry->icon) ||
      !take_words (parser, "Risk", 160, &entry->risk) || !take_verdict (parser, "Verdict", &entry->verdict))
    return FALSE;
  if (!entry->verdict)
    return pst_service_refuse (parser, parser->begun, _ ("Verdict is missing; use quiet, ask or never"));
  return TRUE;
}

static gboolean
end_service (PstServiceParser *parser)
{
  PstServiceEntry *entry = entry_new (parser);

  if (!take_common (parser, entry) || !take_verdict (parser, "Own", &entry->own))
    return FALSE;
  for (guint bus = PST_SERVICE_BUS_SESSION; bus <= PST_SERVICE_BUS_A11Y; bus++)
    if (entry->buses & (1u << bus))
      {
        PstServiceNode *node = g_new0 (PstServiceNode, 1);
        PstServiceRule *rule = rule_new (parser, entry, NULL, NULL, NULL, FALSE, entry->verdict);

        node->entry = entry;
        node->rules = pst_service_rules_new ();
        g_hash_table_insert (node->rules, pst_service_rule_key (rule), rule);
        if (!g_hash_table_insert (parser->services->nodes, g_strdup_printf ("%u %s", bus, parser->name), node))
          return pst_service_refuse (parser, parser->begun, _ ("%s is in the catalogue twice"), parser->name);
        if (entry->buses >> (bus + 1) == 0)
          g_ptr_array_add (parser->services->rules, rule);
      }
  return take_messages (parser, "Quiet", entry, FALSE, PST_SERVICE_QUIET) &&
         take_messages (parser, "Ask", entry, FALSE, PST_SERVICE_ASK) &&
         take_messages (parser, "Unasked", entry, FALSE, PST_SERVICE_NEVER) &&
         take_messages (parser, "Never", entry, FALSE, PST_SERVICE_NEVER);
}

static gboolean
end_part (PstServiceParser *parser)
{
  const char *when = g_hash_table_lookup (parser->keys, "When");
  PstServiceEntry *entry = entry_new (parser);

  for (guint bus = PST_SERVICE_BUS_SESSION; bus <= PST_SERVICE_BUS_A11Y; bus++)
    if (entry->buses & (1u << bus) && !pst_services_node (parser->services, bus, parser->name))
      return pst_service_refuse (parser, parser->begun, _ ("a part of %s, before %s itself"), parser->name, parser->name);
  if (when && strcmp (when, "actions") != 0)
    return pst_service_refuse (parser, line_of (parser, "When"), _ ("When can only be “actions”"));
  if (!g_hash_table_contains (parser->keys, "Messages"))
    return pst_service_refuse (parser, parser->begun, _ ("Messages is missing: what belongs to this part?"));
  return take_common (parser, entry) && take_messages (parser, "Messages", entry, when != NULL, entry->verdict);
}

/* ---- owning, modules ---- */

/* "{id}.*": starts with {id} or with words; words are what a bus name may hold. */
static gboolean
pattern_is_valid (const char *pattern)
{
  const char *p = pattern;

  if (*p != '{' ? !g_ascii_isalpha (*p) : !g_str_has_prefix (p, "{id}"))
    return FALSE;
  while (*p && strcmp (p, ".*") != 0)
    {
      if (g_str_has_prefix (p, "{id}") || g_str_has_prefix (p, "{app}"))
        p = strchr (p, '}') + 1;
      /* Digits behind it could end it in more than one place. */
      else if (g_str_has_prefix (p, "{number}") && !g_ascii_isdigit (p[strlen ("{number}")]))
        p = strchr (p, '}') + 1;
      else if (g_ascii_isalnum (*p) || strchr ("._-", *p))
        p++;
      else
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_own (PstServiceParser *parser, GPtrArray *patterns, const char *key, const char *pattern)
{
  PstServiceOwn *own = g_new0 (PstServiceOwn, 1);
  g_autofree char *shown = pst_text_for_display (pattern, 80);

  own->pattern = g_strdup (pattern);
  g_ptr_array_add (patterns, own);
  if (!pattern_is_valid (pattern))
    return pst_service_refuse (parser, line_of (parser, key),
                               _ ("“%s” is no name to own: {id}, or words with {id}, {app} and {number}"), shown);
  own->outside = g_strcmp0 (g_hash_table_lookup (parser->keys, key), "outside") == 0;
  if (own->outside)
    {
      own->verdict = PST_SERVICE_QUIET;
      /* Nobody is to be taken for the application of that id by another's request to it. */
      return g_str_has_prefix (pattern, "{id}")
                 ? pst_service_refuse (parser, line_of (parser, key),
                                       _ ("“%s” is the application itself, which is never outside"), shown)
                 : TRUE;
    }
  return take_verdict (parser, key, &own->verdict);
}

static GPtrArray *
keys_by_line (const PstServiceParser *parser)
{
  GPtrArray *keys = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, parser->keys);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      guint at = 0;

      while (at < keys->len && line_of (parser, keys->pdata[at]) < line_of (parser, key))
        at++;
      g_ptr_array_insert (keys, (int)at, key);
    }
  return keys;
}

static gboolean
end_own (PstServiceParser *parser)
{
  g_autoptr (GPtrArray) keys = keys_by_line (parser);

  for (guint i = 0; i < keys->len; i++)
    if (!take_own (parser, parser->services->own, keys->pdata[i], keys->pdata[i]))
      return FALSE;
  return TRUE;
}

static gboolean
end_module (PstServiceParser *parser)
{
  PstServiceModule *module = g_hash_table_lookup (parser->services->modules, parser->name);
  g_autoptr (GPtrArray) keys = keys_by_line (parser);
  const char *title = NULL;

  if (!take_words (parser, "Title", 80, &title))
    return FALSE;
  module->title = g_strdup (title);
  for (guint i = 0; i < keys->len; i++)
    {
      const char *key = keys->pdata[i];
      PstServiceModuleLine *line;

      if (strcmp (key, "Title") == 0)
        continue;
      if (g_str_has_prefix (key, "own "))
        {
          if (!take_own (parser, module->own, key, key + 4))
            return FALSE;
          continue;
        }
      line = g_new0 (PstServiceModuleLine, 1);
      g_ptr_array_add (module->lines, line);
      line->label = g_strdup (parser->label);
      line->line = line_of (parser, key);
      line->key = g_strdup (key);
      if (!take_verdict (parser, key, &line->verdict))
        return FALSE;
    }
  return TRUE;
}

/* ---- the end ---- */

gboolean
pst_service_section_end (PstServiceParser *parser)
{
  gboolean fine = TRUE;

  if (parser->section == PST_SERVICE_SERVICE)
    fine = end_service (parser);
  else if (parser->section == PST_SERVICE_PART)
    fine = end_part (parser);
  else if (parser->section == PST_SERVICE_MODULE)
    fine = end_module (parser);
  else if (parser->section == PST_SERVICE_OWN)
    fine = end_own (parser);
  g_hash_table_remove_all (parser->keys);
  g_hash_table_remove_all (parser->lines);
  g_clear_pointer (&parser->name, g_free);
  g_clear_pointer (&parser->part, g_free);
  parser->buses = 0;
  parser->section = PST_SERVICE_NOWHERE;
  return fine;
}
