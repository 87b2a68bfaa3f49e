/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue, as it is read. GKeyFile takes the last of duplicate keys and knows no line numbers; what decides about
 * permissions may not be that forgiving. A section is gathered line by line, and checked as a whole where it ends. */
#include "services-private.h"

#include <gio/gio.h>
#include <string.h>

#include "pst-text.h"

#define MAX_SIZE (256u << 10)
#define MAX_ENTRIES 4096
#define MAX_RULES 16384

typedef enum
{
  NOWHERE,
  SERVICE,
  PART,
  MODULE,
  OWN,
} Section;

/* A file on its way in, and the section that is being gathered. */
typedef struct
{
  PstServices *services;
  const char *label;
  GError **error;
  guint line;
  Section section;
  guint begun;       /* the line of its heading */
  char *name;        /* "org.gtk.vfs.*", or the module's */
  char *part;        /* (nullable) */
  guint buses;       /* 1 << PstServiceBus */
  GHashTable *keys;  /* key → value */
  GHashTable *lines; /* key → line, as a pointer */
  GHashTable *seen;  /* headings */
} Parser;

static gboolean G_GNUC_PRINTF (3, 4) refuse (const Parser *parser, guint line, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (parser->error, PST_SERVICES_ERROR, 0, "%s, line %u: %s", parser->label, line, what);
  return FALSE;
}

static guint
line_of (const Parser *parser, const char *key)
{
  guint line = GPOINTER_TO_UINT (g_hash_table_lookup (parser->lines, key));

  return line ? line : parser->begun;
}

static const char *
keep (Parser *parser, const char *string)
{
  return string ? g_string_chunk_insert_const (parser->services->strings, string) : NULL;
}

/* ---- values ---- */

static gboolean
take_verdict (Parser *parser, const char *key, PstServiceVerdict *out)
{
  const char *value = g_hash_table_lookup (parser->keys, key);
  g_autofree char *shown = NULL;

  if (!value || pst_service_verdict_from_string (value, out))
    return TRUE;
  shown = pst_text_for_display (value, 40);
  return refuse (parser, line_of (parser, key), "%s is “%s”; use quiet, ask or never", key, shown);
}

/* What a person will read: there, not too long, nothing in it that would be shown as something else. */
static gboolean
take_words (Parser *parser, const char *key, gsize max_chars, const char **out)
{
  const char *value = g_hash_table_lookup (parser->keys, key);
  g_autofree char *shown = NULL;

  if (!value || *value == '\0')
    return refuse (parser, line_of (parser, key), "%s is missing or empty", key);
  shown = pst_text_for_display (value, max_chars);
  if (strcmp (shown, value) != 0)
    return refuse (parser, line_of (parser, key), "%s is longer than %u characters, or cannot be shown as it is", key,
                   (guint)max_chars);
  *out = keep (parser, value);
  return TRUE;
}

static gboolean
take_icon (Parser *parser, const char **out)
{
  if (!take_words (parser, "Icon", 64, out))
    return FALSE;
  for (const char *c = *out; *c; c++)
    if (!g_ascii_isalnum (*c) && !strchr ("-._+", *c))
      return refuse (parser, line_of (parser, "Icon"), "Icon must be an icon's name in the theme, not a file");
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
rule_new (Parser *parser, const PstServiceEntry *entry, const char *interface, const char *member, gboolean with_actions,
          PstServiceVerdict verdict)
{
  PstServiceRule *rule = g_new0 (PstServiceRule, 1);

  rule->entry = entry;
  rule->interface = keep (parser, interface);
  rule->member = keep (parser, member);
  rule->with_actions = with_actions;
  rule->verdict = verdict;
  g_ptr_array_add (parser->services->all_rules, rule);
  return rule;
}

/* Puts the messages listed under @key into every bus's table. */
static gboolean
take_messages (Parser *parser, const char *key, const PstServiceEntry *entry, gboolean with_actions, PstServiceVerdict verdict)
{
  const char *value = g_hash_table_lookup (parser->keys, key);
  g_auto (GStrv) words = g_strsplit (value ? value : "", ";", -1);

  for (char **word = words; *word; word++)
    {
      g_autofree char *interface = NULL, *member = NULL, *rule_key = NULL, *shown = NULL;
      PstServiceRule *rule;

      if (*g_strstrip (*word) == '\0')
        continue;
      shown = pst_text_for_display (*word, 120);
      if (!pst_service_message_parse (*word, &interface, &member))
        return refuse (parser, line_of (parser, key), "“%s” in %s is neither interface.member nor interface.*", shown, key);
      if (parser->services->all_rules->len >= MAX_RULES)
        return refuse (parser, line_of (parser, key), "more than %u rules", MAX_RULES);
      rule = rule_new (parser, entry, interface, member, with_actions, verdict);
      g_ptr_array_add (parser->services->rules, rule);
      rule_key = pst_service_rule_key (rule);
      for (guint bus = PST_SERVICE_BUS_SESSION; bus <= PST_SERVICE_BUS_A11Y; bus++)
        if (entry->buses & (1u << bus))
          {
            PstServiceNode *node = pst_services_node (parser->services, bus, parser->name);

            if (!g_hash_table_insert (node->rules, g_strdup (rule_key), rule))
              return refuse (parser, line_of (parser, key), "“%s” in %s is spoken of twice", shown, key);
          }
    }
  return TRUE;
}

static PstServiceEntry *
entry_new (Parser *parser)
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
take_common (Parser *parser, PstServiceEntry *entry)
{
  if (!take_words (parser, "Title", 80, &entry->title) || !take_icon (parser, &entry->icon) ||
      !take_words (parser, "Risk", 160, &entry->risk) || !take_verdict (parser, "Verdict", &entry->verdict))
    return FALSE;
  if (!entry->verdict)
    return refuse (parser, parser->begun, "Verdict is missing; use quiet, ask or never");
  return TRUE;
}

static gboolean
end_service (Parser *parser)
{
  PstServiceEntry *entry = entry_new (parser);

  if (!take_common (parser, entry) || !take_verdict (parser, "Own", &entry->own))
    return FALSE;
  for (guint bus = PST_SERVICE_BUS_SESSION; bus <= PST_SERVICE_BUS_A11Y; bus++)
    if (entry->buses & (1u << bus))
      {
        PstServiceNode *node = g_new0 (PstServiceNode, 1);
        PstServiceRule *rule = rule_new (parser, entry, NULL, NULL, FALSE, entry->verdict);

        node->entry = entry;
        node->rules = pst_service_rules_new ();
        g_hash_table_insert (node->rules, pst_service_rule_key (rule), rule);
        if (!g_hash_table_insert (parser->services->nodes, g_strdup_printf ("%u %s", bus, parser->name), node))
          return refuse (parser, parser->begun, "%s is in the catalogue twice", parser->name);
        if (entry->buses >> (bus + 1) == 0)
          g_ptr_array_add (parser->services->rules, rule);
      }
  return take_messages (parser, "Quiet", entry, FALSE, PST_SERVICE_QUIET) &&
         take_messages (parser, "Ask", entry, FALSE, PST_SERVICE_ASK) &&
         take_messages (parser, "Never", entry, FALSE, PST_SERVICE_NEVER);
}

static gboolean
end_part (Parser *parser)
{
  const char *when = g_hash_table_lookup (parser->keys, "When");
  PstServiceEntry *entry = entry_new (parser);

  for (guint bus = PST_SERVICE_BUS_SESSION; bus <= PST_SERVICE_BUS_A11Y; bus++)
    if (entry->buses & (1u << bus) && !pst_services_node (parser->services, bus, parser->name))
      return refuse (parser, parser->begun, "a part of %s, before %s itself", parser->name, parser->name);
  if (when && strcmp (when, "actions") != 0)
    return refuse (parser, line_of (parser, "When"), "When can only be “actions”");
  if (!g_hash_table_contains (parser->keys, "Messages"))
    return refuse (parser, parser->begun, "Messages is missing: what belongs to this part?");
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
take_own (Parser *parser, GPtrArray *patterns, const char *key, const char *pattern)
{
  PstServiceOwn *own = g_new0 (PstServiceOwn, 1);
  g_autofree char *shown = pst_text_for_display (pattern, 80);

  own->pattern = g_strdup (pattern);
  g_ptr_array_add (patterns, own);
  if (!pattern_is_valid (pattern))
    return refuse (parser, line_of (parser, key), "“%s” is no name to own: {id}, or words with {id}, {app} and {number}",
                   shown);
  return take_verdict (parser, key, &own->verdict);
}

static GPtrArray *
keys_by_line (const Parser *parser)
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
end_own (Parser *parser)
{
  g_autoptr (GPtrArray) keys = keys_by_line (parser);

  for (guint i = 0; i < keys->len; i++)
    if (!take_own (parser, parser->services->own, keys->pdata[i], keys->pdata[i]))
      return FALSE;
  return TRUE;
}

static gboolean
end_module (Parser *parser)
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

/* ---- lines ---- */

static gboolean
end_section (Parser *parser)
{
  gboolean fine = TRUE;

  if (parser->section == SERVICE)
    fine = end_service (parser);
  else if (parser->section == PART)
    fine = end_part (parser);
  else if (parser->section == MODULE)
    fine = end_module (parser);
  else if (parser->section == OWN)
    fine = end_own (parser);
  g_hash_table_remove_all (parser->keys);
  g_hash_table_remove_all (parser->lines);
  g_clear_pointer (&parser->name, g_free);
  g_clear_pointer (&parser->part, g_free);
  parser->buses = 0;
  parser->section = NOWHERE;
  return fine;
}

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
parse_section (Parser *parser, char *line)
{
  g_autofree char *shown = pst_text_for_display (line, 100);
  g_autofree char *heading = g_strdup (line);
  g_auto (GStrv) words = NULL;
  gsize length = strlen (line), n, i;

  if (!end_section (parser))
    return FALSE;
  parser->begun = parser->line;
  if (line[length - 1] != ']')
    return refuse (parser, parser->line, "“%s” has no ] at its end", shown);
  line[length - 1] = '\0';
  words = g_strsplit (line + 1, " ", 9);
  n = g_strv_length (words);
  if (!g_hash_table_add (parser->seen, g_steal_pointer (&heading)))
    return refuse (parser, parser->line, "the section %s is there twice", shown);

  if (n == 1 && strcmp (words[0], "own") == 0)
    parser->section = OWN;
  else if (n == 2 && strcmp (words[0], "module") == 0 && word_is_valid (words[1]))
    {
      parser->section = MODULE;
      parser->name = g_strdup (words[1]);
      if (g_hash_table_contains (parser->services->modules, parser->name))
        return refuse (parser, parser->line, "the module %s is there twice", parser->name);
      g_hash_table_insert (parser->services->modules, g_strdup (parser->name), pst_service_module_new ());
    }
  else
    {
      PstServiceBus bus;

      for (i = 0; i < n && pst_service_bus_from_string (words[i], &bus) && !(parser->buses & (1u << bus)); i++)
        parser->buses |= 1u << bus;
      if (i == 0 || i == n || !name_is_valid (words[i]) ||
          !(i + 1 == n || (i + 3 == n && strcmp (words[i + 1], ":") == 0 && word_is_valid (words[i + 2]))))
        return refuse (parser, parser->line, "“%s” is none of [BUS NAME], [BUS NAME : PART], [module NAME], [own]", shown);
      if (parser->services->entries->len >= MAX_ENTRIES)
        return refuse (parser, parser->line, "more than %u services", MAX_ENTRIES);
      parser->section = i + 1 == n ? SERVICE : PART;
      parser->name = g_strdup (words[i]);
      parser->part = i + 1 == n ? NULL : g_strdup (words[i + 2]);
    }
  return TRUE;
}

static gboolean
key_is_known (Section section, const char *key)
{
  static const char *const common[] = { "Title", "Icon", "Risk", "Verdict", NULL };
  static const char *const service[] = { "Own", "Quiet", "Ask", "Never", NULL };
  static const char *const part[] = { "Messages", "When", NULL };

  if (section == OWN || section == MODULE)
    return TRUE; /* looked at where the section ends */
  return g_strv_contains (common, key) || g_strv_contains (section == SERVICE ? service : part, key);
}

static gboolean
parse_line (Parser *parser, char *line)
{
  g_autofree char *shown = pst_text_for_display (line, 60);
  char *equals;

  if (line[0] == '\0' || line[0] == '#')
    return TRUE;
  if (line[0] == '[')
    return parse_section (parser, line);
  if (parser->section == NOWHERE)
    return refuse (parser, parser->line, "“%s” stands before any section", shown);
  if (!(equals = strchr (line, '=')))
    return refuse (parser, parser->line, "“%s” is not of the form key=value", shown);
  *equals = '\0';
  g_strchomp (line);
  g_free (shown);
  shown = pst_text_for_display (line, 60);
  if (!key_is_known (parser->section, line))
    return refuse (parser, parser->line, "there is no key “%s” here", shown);
  if (g_hash_table_contains (parser->keys, line))
    return refuse (parser, parser->line, "the key “%s” is there twice", shown);
  g_hash_table_insert (parser->keys, g_strdup (line), g_strdup (g_strchug (equals + 1)));
  g_hash_table_insert (parser->lines, g_strdup (line), GUINT_TO_POINTER (parser->line));
  return TRUE;
}

/* Is it text that can be cut into lines at all? */
static gboolean
check_text (const Parser *parser, const char *data, gsize size)
{
  guint line = 1;

  if (size > MAX_SIZE)
    return refuse (parser, 1, "larger than 256 KiB; that is no catalogue");
  for (gsize i = 0; i < size; i++)
    {
      if (data[i] == '\0')
        return refuse (parser, line, "a NUL byte; write the catalogue as plain text");
      line += data[i] == '\n';
    }
  if (size > 0 && !g_utf8_validate (data, (gssize)size, NULL))
    return refuse (parser, 1, "not UTF-8 text");
  return TRUE;
}

gboolean
pst_services_add (PstServices *services, const char *data, gsize size, const char *label, GError **error)
{
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GHashTable) lines_of_keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Parser parser = {
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
  fine = fine && end_section (&parser);
  g_free (parser.name);
  g_free (parser.part);
  return fine;
}
