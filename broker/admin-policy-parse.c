/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file of the administrator's. Read line by line, as profiles are, for the same reason: a key that is there twice must not
 * be settled by chance, and an error must name its line. */
#include "admin-policy-private.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "identity.h"
#include "pst-path.h"
#include "pst-text.h"
#include "pst-user-dirs.h"
#include "settings.h"

#define MAX_SIZE (64u << 10)

typedef enum
{
  NOWHERE,
  RULES,
  APPLICATION,
  SETTINGS,
} Section;

typedef struct
{
  PstAdminPolicy *policy;
  PstPolicyForm form;
  const char *label;
  GError **error;
  guint line;
  Section section;
  PstTier tier;
  PstKind kind;
  char *app;        /* (nullable) */
  GHashTable *seen; /* headings, and "heading\nkey" */
  char *heading;
} Parser;

gboolean
pst_admin_policy_refuse (GError **error, const char *label, guint line, const char *format, ...)
{
  g_autofree char *what = NULL, *shown = pst_text_for_display (label, 200);
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, PST_ADMIN_POLICY_ERROR, 0,
               _ ("%s, line %u: %s. Nothing is started until the administrator’s policy can be read."), shown, line, what);
  return FALSE;
}

#define REFUSE(parser, ...) pst_admin_policy_refuse ((parser)->error, (parser)->label, (parser)->line, __VA_ARGS__)

/* Headings */

/* @word ends at a blank or at the end of the text; what follows is stripped. NULL: it is another word. */
static const char *
after_word (const char *text, const char *word)
{
  gsize length = strlen (word);

  if (strncmp (text, word, length) != 0 || (text[length] != '\0' && text[length] != ' '))
    return NULL;
  for (text += length; *text == ' '; text++)
    ;
  return text;
}

/* "Lock Files", "Default Bus"; in locks.d only "Files". NULL: told. */
static const char *
parse_kind (Parser *parser, const char *rest, const char *shown)
{
  static const struct
  {
    const char *word;
    PstKind kind;
  } kinds[] = { { "Files", PST_KIND_FILES }, { "Bus", PST_KIND_BUS } };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      const char *behind = after_word (rest, kinds[i].word);

      if (!behind)
        continue;
      parser->kind = kinds[i].kind;
      return behind;
    }
  REFUSE (parser, _ ("“%s” names no kind of resource that is known; use Files or Bus"), shown);
  return NULL;
}

static const char *
parse_heading_words (Parser *parser, const char *words, const char *shown)
{
  const char *rest;

  parser->section = RULES;
  if (parser->form == PST_POLICY_FORM_LOCKS)
    {
      parser->tier = PST_TIER_LOCK;
      parser->kind = PST_KIND_FILES;
      if (!(rest = after_word (words, "Files")))
        REFUSE (parser, _ ("the group is neither [Files] nor [Files APPLICATION]"));
      return rest;
    }
  if ((rest = after_word (words, "Lock")))
    {
      parser->tier = PST_TIER_LOCK;
      return parse_kind (parser, rest, shown);
    }
  if ((rest = after_word (words, "Default")))
    {
      parser->tier = PST_TIER_DEFAULT;
      return parse_kind (parser, rest, shown);
    }
  if ((rest = after_word (words, "Application")))
    {
      parser->section = APPLICATION;
      return rest;
    }
  if (strcmp (words, "Settings") == 0)
    {
      parser->section = SETTINGS;
      return "";
    }
  REFUSE (parser,
          _ ("there is no section “%s”; use [Lock Files], [Lock Bus], [Default Files], [Default Bus], each with or without an "
             "application, [Application] or [Settings]"),
          shown);
  return NULL;
}

static gboolean
parse_heading (Parser *parser, const char *line)
{
  g_autofree char *shown = pst_text_for_display (line, 80), *words = NULL;
  gsize length = strlen (line);
  const char *app;

  if (line[length - 1] != ']')
    return REFUSE (parser, _ ("“%s” has no ] at its end; add it"), shown);
  words = g_strstrip (g_strndup (line + 1, length - 2));
  if (!(app = parse_heading_words (parser, words, shown)))
    return FALSE;
  g_clear_pointer (&parser->app, g_free);
  if (*app && parser->form == PST_POLICY_FORM_POLICY && !pst_app_id_is_valid (app))
    return REFUSE (parser, _ ("“%s” names no application; use what “postern apps” shows, as org.gnome.eog"), shown);
  parser->app = *app ? g_strdup (app) : NULL;
  g_free (parser->heading);
  parser->heading = g_strdup_printf ("%d %d %d %s", parser->section, parser->tier, parser->kind, app);
  if (!g_hash_table_add (parser->seen, g_strdup (parser->heading)) && parser->form == PST_POLICY_FORM_POLICY)
    return REFUSE (parser, _ ("the section %s is there twice; make one of both"), shown);
  return TRUE;
}

/* Rules */

/* "view" → allow view, "deny" → deny, … */
static gboolean
parse_word (const char *word, PstAccess *access, PstAnswer *answer)
{
  *access = PST_ACCESS_VIEW;
  *answer = PST_ANSWER_ALLOW;
  return strcmp (word, "allow") == 0 || pst_access_from_string (word, access) || pst_answer_from_string (word, answer);
}

static gboolean
check_path (Parser *parser, const char *path, const char *shown)
{
  g_autofree char *normal = NULL, *again = NULL;

  if (*path != '/' && !g_str_has_prefix (path, "~/") && strcmp (path, "~") != 0 && !g_str_has_prefix (path, "xdg:"))
    return REFUSE (parser, _ ("the path “%s” is neither absolute nor begins with ~/ or xdg:"), shown);
  if (parser->form == PST_POLICY_FORM_LOCKS)
    return TRUE;
  if (*path == 'x')
    return pst_user_dir_title (path + 4) ||
           REFUSE (parser, _ ("“%s” is no user directory; use xdg:PICTURES, xdg:DOCUMENTS, …"), shown);
  normal = pst_path_normalise (path, NULL, "/home");
  again = *path == '~' ? g_strconcat ("/home", path + 1, NULL) : g_strdup (path);
  if (!normal || strcmp (normal, again) != 0)
    return REFUSE (parser, _ ("“%s” must be a path without “.”, “..”, “//” or a slash at its end"), shown);
  return TRUE;
}

static gboolean
check_file_rule (Parser *parser, const char *key, const char *value, PstAdminRule *rule)
{
  g_autofree char *shown = pst_text_for_display (key, 80);

  if (!check_path (parser, key, shown))
    return FALSE;
  if (!parse_word (value, &rule->access, &rule->answer))
    return REFUSE (parser, _ ("“%s” is given a word that is none of view, change, save, deny, hide, private, ask"), shown);
  return TRUE;
}

static gboolean
check_bus_rule (Parser *parser, const char *key, const char *value, PstAdminRule *rule)
{
  g_autofree char *shown = pst_text_for_display (key, 80);

  if (!pst_bus_rules_is_resource (key))
    return REFUSE (parser, _ ("“%s” is no service; use session:NAME, system:NAME, or NAME/PART with a part of the catalogue"),
                   shown);
  rule->access = PST_ACCESS_TALK;
  if (!pst_answer_from_string (value, &rule->answer) || rule->answer == PST_ANSWER_HIDE || rule->answer == PST_ANSWER_PRIVATE)
    return REFUSE (parser, _ ("“%s” is given a word that is none of allow, deny and ask"), shown);
  /* Nobody could ever answer it for good: the lock would ask again. */
  if (rule->tier == PST_TIER_LOCK && rule->answer == PST_ANSWER_ASK)
    return REFUSE (parser, _ ("“%s”: a lock allows or denies; to have it asked, write it in [Default Bus]"), shown);
  return TRUE;
}

static gboolean
parse_rule (Parser *parser, const char *key, const char *value)
{
  PstAdminRule rule = { .tier = parser->tier,
                        .kind = parser->kind,
                        .app = parser->app,
                        .resource = (char *)key,
                        .source = g_intern_string (parser->label),
                        .line = parser->line,
                        .old = parser->form == PST_POLICY_FORM_LOCKS };

  if (!(rule.kind == PST_KIND_FILES ? check_file_rule (parser, key, value, &rule) : check_bus_rule (parser, key, value, &rule)))
    return FALSE;
  g_ptr_array_add (parser->policy->rules, pst_admin_rule_copy (&rule));
  return TRUE;
}

/* Switches and numbers */

static gboolean
parse_switch (Parser *parser, const char *key, const char *value)
{
  PstAdminSwitches *switches = g_hash_table_lookup (parser->policy->apps, parser->app ? parser->app : "");
  g_autofree char *shown = pst_text_for_display (key, 40);
  int *out;

  if (!switches)
    {
      switches = g_new (PstAdminSwitches, 1);
      *switches = (PstAdminSwitches){ -1, -1, -1 };
      g_hash_table_insert (parser->policy->apps, g_strdup (parser->app ? parser->app : ""), switches);
    }
  out = strcmp (key, "Strict") == 0   ? &switches->strict
        : strcmp (key, "Locked") == 0 ? &switches->locked
        : strcmp (key, "Bus") == 0    ? &switches->bus
                                      : NULL;
  if (!out)
    return REFUSE (parser, _ ("there is no key “%s” in [Application]; use Strict, Locked or Bus"), shown);
  if (strcmp (value, "true") != 0 && strcmp (value, "false") != 0)
    return REFUSE (parser, _ ("%s is neither true nor false; use one of the two"), shown);
  /* Of two files that disagree the first counts: /etc is read before /usr/share. */
  if (*out == -1)
    *out = strcmp (value, "true") == 0;
  return TRUE;
}

static gboolean
parse_setting (Parser *parser, const char *key, const char *value)
{
  PstAdminSettings *settings = &parser->policy->settings;
  const struct
  {
    const char *key, *setting;
    int *out;
  } known[] = { { "HistoryDays", "history_days", &settings->history_days },
                { "HistoryRows", "history_rows", &settings->history_rows },
                { "UnusedDays", "unused_days", &settings->unused_days } };
  g_autofree char *shown = pst_text_for_display (key, 40);
  gsize length = strlen (value);

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      PstSettings settings_of_nobody = { 0 };
      const char *sentence = NULL;
      guint number;

      if (strcmp (known[i].key, key) != 0)
        continue;
      if (length == 0 || length > 9 || strspn (value, "0123456789") != length)
        return REFUSE (parser, _ ("%s is no number; write it in digits, as HistoryDays=90"), shown);
      number = (guint)g_ascii_strtoull (value, NULL, 10);
      if (!pst_settings_put (&settings_of_nobody, known[i].setting, number, &sentence))
        return REFUSE (
            parser, _ ("%s is out of range: days are from 1 to 36500, rows from 1000 to 1000000, and 0 is without end"), shown);
      if (*known[i].out == -1)
        *known[i].out = (int)number;
      return TRUE;
    }
  return REFUSE (parser, _ ("there is no key “%s” in [Settings]; use HistoryDays, HistoryRows or UnusedDays"), shown);
}

/* The whole */

static gboolean
parse_line (Parser *parser, char *line)
{
  g_autofree char *shown = NULL;
  const char *key, *value;
  char *equals;

  if (*line == '\0' || *line == '#')
    return TRUE;
  if (*line == '[')
    return parse_heading (parser, line);
  shown = pst_text_for_display (line, 80);
  if (parser->section == NOWHERE)
    return REFUSE (parser, _ ("“%s” stands before any section; begin with one, as [Default Files]"), shown);
  /* A path may hold an “=”, what is said of it may not. */
  equals = strrchr (line, '=');
  if (!equals || equals == line)
    return REFUSE (parser, _ ("“%s” is not of the form KEY=WORD; a comment begins with #"), shown);
  *equals = '\0';
  key = g_strchomp (line);
  value = g_strchug (equals + 1);
  if (!g_hash_table_add (parser->seen, g_strconcat (parser->heading, "\n", key, NULL)))
    {
      g_autofree char *key_shown = pst_text_for_display (key, 80);

      return REFUSE (parser, _ ("“%s” stands there twice; remove one"), key_shown);
    }
  switch (parser->section)
    {
    case RULES:
      return parse_rule (parser, key, value);
    case APPLICATION:
      return parse_switch (parser, key, value);
    case SETTINGS:
      return parse_setting (parser, key, value);
    case NOWHERE:
      break;
    }
  return FALSE;
}

gboolean
pst_admin_policy_parse (PstAdminPolicy *policy, PstPolicyForm form, const char *data, gsize size, const char *label,
                        GError **error)
{
  Parser parser = { .policy = policy, .form = form, .label = label, .error = error, .line = 1 };
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean fine = TRUE;

  if (size > MAX_SIZE)
    return REFUSE (&parser, _ ("the file is larger than 64 KiB; divide it"));
  if (size > 0 && memchr (data, '\0', size))
    return REFUSE (&parser, _ ("the file holds NUL bytes; write it as plain text"));
  text = g_strndup (size > 0 ? data : "", size);
  if (!g_utf8_validate (text, -1, NULL))
    return REFUSE (&parser, _ ("the file is not UTF-8 text; write it as plain text"));
  g_checksum_update (policy->sum, (const guchar *)label, (gssize)strlen (label) + 1);
  g_checksum_update (policy->sum, (const guchar *)text, (gssize)size + 1);
  parser.seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; fine && lines[i]; i++)
    {
      parser.line = i + 1;
      fine = parse_line (&parser, g_strstrip (lines[i]));
    }
  g_hash_table_unref (parser.seen);
  g_free (parser.app);
  g_free (parser.heading);
  return fine;
}
