/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-profile.h"

#include "pst-fd.h"
#include "pst-path.h"
#include "pst-text.h"
#include "pst-user-dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>

/* GKeyFile takes the last of duplicate keys and knows no line numbers; a permission file may not be that forgiving,
 * so that the few lines of its grammar that a profile needs are read here. */

#define MAX_SIZE (64u << 10)

struct _PstProfile
{
  char *file; /* (nullable) */
  char *name;
  char *icon;
  char *reason;
  GStrv executables;
  PstAccess suggested_access;
  gboolean strict;
  gboolean sys;
  gboolean nested_namespaces;
  gboolean bus;
  GStrv modules;
  PstAccess one_folder; /* 0: none */
  GPtrArray *wants;     /* (nullable) of PstWant */
  GArray *rules;        /* PstProfileRule; paths owned by ->paths */
  GPtrArray *paths;
};

/* clang-format off */
G_DEFINE_QUARK (pst-profile-error-quark, pst_profile_error)
/* clang-format on */

typedef struct
{
  const char *label;
  guint line;
  GError **error;
} Place;

static gboolean G_GNUC_PRINTF (2, 3) refuse (const Place *place, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (place->error, PST_PROFILE_ERROR, 0, /* Translators: a file, a line, what is wrong there */
               _ ("%s, line %u: %s"), place->label, place->line, what);
  return FALSE;
}

static gboolean
parse_boolean (const Place *place, const char *key, const char *value, gboolean *out)
{
  if (strcmp (value, "true") == 0)
    *out = TRUE;
  else if (strcmp (value, "false") == 0)
    *out = FALSE;
  else
    {
      g_autofree char *shown = pst_text_for_display (value, 40);
      return refuse (place, _ ("%s is “%s”; use true or false"), key, shown);
    }
  return TRUE;
}

/* "eog;/opt/viewer/bin/viewer;": names as they are resolved on PATH, or absolute paths. */
static gboolean
parse_executables (PstProfile *profile, const Place *place, const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, ";", -1);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; words[i] != NULL; i++)
    {
      const char *word = g_strstrip (words[i]);

      if (word[0] == '\0')
        continue;
      if (word[0] == '/' ? !pst_path_is_normal (word) : !pst_name_is_valid (word))
        {
          g_autofree char *shown = pst_text_for_display (word, 80);
          return refuse (
              place,
              _ ("“%s” in Executables is neither a program’s name nor an absolute path; use eog, /opt/viewer/bin/viewer, …"),
              shown);
        }
      g_ptr_array_add (kept, g_strdup (word));
    }
  g_ptr_array_add (kept, NULL);
  g_strfreev (profile->executables);
  profile->executables = (GStrv)g_ptr_array_steal (kept, NULL);
  return TRUE;
}

/* "games;media-player;": names of the catalogue of services. Whether it has them is for those to check who have the catalogue.
 */
static gboolean
parse_modules (PstProfile *profile, const Place *place, const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, ";", -1);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; words[i] != NULL; i++)
    {
      const char *word = g_strstrip (words[i]);
      g_autofree char *shown = pst_text_for_display (word, 40);

      if (word[0] == '\0')
        continue;
      if (strspn (word, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen (word))
        return refuse (place, _ ("“%s” in Modules is no module’s name; use games, office, …"), shown);
      if (g_ptr_array_find_with_equal_func (kept, word, g_str_equal, NULL))
        return refuse (place, _ ("“%s” stands in Modules twice; remove one"), shown);
      if (kept->len == PST_PROFILE_MAX_MODULES)
        return refuse (place, _ ("Modules names more than %d; remove some"), PST_PROFILE_MAX_MODULES);
      g_ptr_array_add (kept, g_strdup (word));
    }
  g_ptr_array_add (kept, NULL);
  g_strfreev (profile->modules);
  profile->modules = (GStrv)g_ptr_array_steal (kept, NULL);
  return TRUE;
}

static gboolean
parse_application (PstProfile *profile, const Place *place, const char *key, const char *value)
{
  if (strcmp (key, "Name") == 0)
    profile->name = g_strdup (value);
  else if (strcmp (key, "Icon") == 0)
    profile->icon = g_strdup (value);
  else if (strcmp (key, "Reason") == 0)
    profile->reason = g_strdup (value);
  else if (strcmp (key, "Executables") == 0)
    return parse_executables (profile, place, value);
  else if (strcmp (key, "SuggestAccess") == 0)
    {
      if (!pst_access_from_string (value, &profile->suggested_access) || profile->suggested_access == PST_ACCESS_SAVE)
        return refuse (place, _ ("SuggestAccess must be view or change"));
    }
  else if (strcmp (key, "OneFolder") == 0)
    {
      if (!pst_access_from_string (value, &profile->one_folder) || profile->one_folder == PST_ACCESS_SAVE)
        return refuse (place, _ ("OneFolder must be view or change"));
    }
  else if (strcmp (key, "Strict") == 0)
    return parse_boolean (place, key, value, &profile->strict);
  else if (strcmp (key, "Sys") == 0)
    return parse_boolean (place, key, value, &profile->sys);
  else if (strcmp (key, "NestedNamespaces") == 0)
    return parse_boolean (place, key, value, &profile->nested_namespaces);
  else if (strcmp (key, "Bus") == 0)
    return parse_boolean (place, key, value, &profile->bus);
  else if (strcmp (key, "Modules") == 0)
    return parse_modules (profile, place, value);
  else
    {
      g_autofree char *shown = pst_text_for_display (key, 40);
      return refuse (place, _ ("there is no key “%s” in [Application]; see postern-profile(5)"), shown);
    }
  return TRUE;
}

static gboolean
parse_file_rule (PstProfile *profile, const Place *place, const char *key, const char *value)
{
  g_autofree char *shown = pst_text_for_display (key, 80);
  PstProfileRule rule = { NULL, PST_ACCESS_VIEW, PST_ANSWER_ALLOW };

  if (g_str_has_prefix (key, "xdg:"))
    {
      if (pst_user_dir_title (key + 4) == NULL)
        return refuse (place, _ ("“%s” is no user directory; use xdg:PICTURES, xdg:DOCUMENTS, …"), shown);
    }
  else if (key[0] != '/' && !g_str_has_prefix (key, "~/"))
    return refuse (place, _ ("“%s” must start with /, ~/ or xdg:"), shown);
  else
    {
      g_autofree char *normal = pst_path_normalise (key, NULL, "/home");
      g_autofree char *again = key[0] == '~' ? g_strconcat ("/home", key + 1, NULL) : g_strdup (key);

      if (normal == NULL || strcmp (normal, again) != 0)
        return refuse (place, _ ("“%s” must be a path without “.”, “..”, “//” or a slash at its end"), shown);
    }

  if (strcmp (value, "allow") == 0)
    rule.access = PST_ACCESS_VIEW;
  else if (pst_access_from_string (value, &rule.access))
    rule.answer = PST_ANSWER_ALLOW;
  else if (!pst_answer_from_string (value, &rule.answer))
    return refuse (place, _ ("“%s” is given something other than view, change, save, deny, hide, private or ask"), shown);

  rule.path = g_strdup (key);
  g_ptr_array_add (profile->paths, (gpointer)rule.path);
  g_array_append_val (profile->rules, rule);
  return TRUE;
}

static gboolean
parse_want (PstProfile *profile, const Place *place, const char *key, const char *value)
{
  g_autofree char *shown = pst_text_for_display (key, 80);
  const char *problem;
  PstWant *want = pst_want_new (key, value, &problem);

  if (want == NULL)
    return refuse (place, /* Translators: a key, and what is wrong with it: "“x” is a service: …" */
                   _ ("“%s” %s"), shown, problem);
  if (profile->wants->len == PST_MAX_WANTS)
    {
      pst_want_free (want);
      return refuse (place, _ ("[Wants] has more than %d lines; remove some"), PST_MAX_WANTS);
    }
  g_ptr_array_add (profile->wants, want);
  return TRUE;
}

typedef enum
{
  NOWHERE,
  APPLICATION,
  FILES,
  WANTS,
} Section;

typedef struct
{
  PstProfile *profile;
  Place place;
  Section section;
  GHashTable *seen; /* sections, and keys behind their section's number */
} Parser;

static gboolean
parse_section (Parser *parser, const char *line)
{
  if (strcmp (line, "[Application]") == 0)
    parser->section = APPLICATION;
  else if (strcmp (line, "[Files]") == 0)
    parser->section = FILES;
  else if (strcmp (line, "[Wants]") == 0)
    {
      parser->section = WANTS;
      if (parser->profile->wants == NULL)
        parser->profile->wants = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_want_free);
    }
  else
    {
      g_autofree char *shown = pst_text_for_display (line, 60);
      return refuse (&parser->place, _ ("there is no section “%s”; use [Application], [Files] or [Wants]"), shown);
    }
  if (!g_hash_table_add (parser->seen, g_strdup (line)))
    return refuse (&parser->place, _ ("the section %s is there twice; make one of both"), line);
  return TRUE;
}

/* @line is stripped, and is written to. */
static gboolean
parse_line (Parser *parser, char *line)
{
  g_autofree char *shown = NULL;
  const char *key, *value;
  char *equals;

  if (line[0] == '\0' || line[0] == '#')
    return TRUE;
  if (line[0] == '[')
    return parse_section (parser, line);

  shown = pst_text_for_display (line, 60);
  if (parser->section == NOWHERE)
    return refuse (&parser->place, _ ("“%s” stands before any section; begin with [Application], [Files] or [Wants]"), shown);
  /* A path may hold an “=”, what is said of it may not. */
  equals = parser->section != APPLICATION ? strrchr (line, '=') : strchr (line, '=');
  if (equals == NULL)
    return refuse (&parser->place, _ ("“%s” is not of the form key=value; a comment begins with #"), shown);
  *equals = '\0';
  key = g_strchomp (line);
  value = g_strchug (equals + 1);
  if (!g_hash_table_add (parser->seen, g_strdup_printf ("%d:%s", parser->section, key)))
    {
      g_autofree char *key_shown = pst_text_for_display (key, 60);
      return refuse (&parser->place, _ ("the key “%s” is there twice; remove one"), key_shown);
    }
  switch (parser->section)
    {
    case APPLICATION:
      return parse_application (parser->profile, &parser->place, key, value);
    case WANTS:
      return parse_want (parser->profile, &parser->place, key, value);
    case FILES:
    case NOWHERE:
    default:
      return parse_file_rule (parser->profile, &parser->place, key, value);
    }
}

/* Is it text that can be cut into lines at all? */
static gboolean
check_text (const char *data, gsize size, Place *place)
{
  if (size > MAX_SIZE)
    {
      g_set_error (place->error, PST_PROFILE_ERROR, 0, _ ("%s: larger than 64 KiB; that is no profile"), place->label);
      return FALSE;
    }
  place->line = 1;
  for (gsize i = 0; i < size; i++)
    {
      if (data[i] == '\0')
        return refuse (place, _ ("a NUL byte; write the profile as plain text"));
      place->line += data[i] == '\n';
    }
  if (size > 0 && !g_utf8_validate (data, (gssize)size, NULL))
    {
      g_set_error (place->error, PST_PROFILE_ERROR, 0, _ ("%s: not UTF-8 text; write the profile as plain text"), place->label);
      return FALSE;
    }
  return TRUE;
}

PstProfile *
pst_profile_parse (const char *data, gsize size, const char *label, GError **error)
{
  g_autoptr (PstProfile) profile = g_new0 (PstProfile, 1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  Parser parser = { .profile = profile, .place = { label, 0, error }, .seen = seen };

  profile->rules = g_array_new (FALSE, FALSE, sizeof (PstProfileRule));
  profile->paths = g_ptr_array_new_with_free_func (g_free);
  profile->executables = g_new0 (char *, 1);
  profile->modules = g_new0 (char *, 1);
  profile->bus = TRUE;

  if (!check_text (data, size, &parser.place))
    return NULL;
  text = g_strndup (size > 0 ? data : "", size);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      parser.place.line = i + 1;
      if (!parse_line (&parser, g_strstrip (lines[i])))
        return NULL;
    }
  return g_steal_pointer (&profile);
}

PstProfile *
pst_profile_load (const char *path, GError **error)
{
  g_autofree char *shown = pst_text_for_display (path, 200);
  pst_autofd fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) why = NULL;
  PstProfile *profile;

  if (fd < 0)
    {
      g_set_error (error, PST_PROFILE_ERROR, 0, _ ("The profile %s cannot be opened: %s"), shown, g_strerror (errno));
      return NULL;
    }
  bytes = pst_fd_read_all (fd, MAX_SIZE, &why);
  if (bytes == NULL)
    {
      g_set_error (error, PST_PROFILE_ERROR, 0, _ ("The profile %s cannot be read: %s"), shown, why->message);
      return NULL;
    }
  profile = pst_profile_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), shown, error);
  if (profile != NULL)
    profile->file = g_strdup (path);
  return profile;
}

void
pst_profile_free (PstProfile *profile)
{
  if (profile == NULL)
    return;
  g_free (profile->file);
  g_free (profile->name);
  g_free (profile->icon);
  g_free (profile->reason);
  g_strfreev (profile->executables);
  g_strfreev (profile->modules);
  g_clear_pointer (&profile->wants, g_ptr_array_unref);
  g_array_unref (profile->rules);
  g_ptr_array_unref (profile->paths);
  g_free (profile);
}

const char *
pst_profile_get_file (const PstProfile *profile)
{
  return profile->file;
}

const char *
pst_profile_get_name (const PstProfile *profile)
{
  return profile->name;
}

const char *
pst_profile_get_icon (const PstProfile *profile)
{
  return profile->icon;
}

const char *
pst_profile_get_reason (const PstProfile *profile)
{
  return profile->reason;
}

const char *const *
pst_profile_get_executables (const PstProfile *profile)
{
  return (const char *const *)profile->executables;
}

PstAccess
pst_profile_get_suggested_access (const PstProfile *profile)
{
  return profile->suggested_access;
}

gboolean
pst_profile_get_strict (const PstProfile *profile)
{
  return profile->strict;
}

gboolean
pst_profile_get_sys (const PstProfile *profile)
{
  return profile->sys;
}

gboolean
pst_profile_get_nested_namespaces (const PstProfile *profile)
{
  return profile->nested_namespaces;
}

gboolean
pst_profile_get_bus (const PstProfile *profile)
{
  return profile->bus;
}

const char *const *
pst_profile_get_modules (const PstProfile *profile)
{
  return (const char *const *)profile->modules;
}

const GPtrArray *
pst_profile_get_wants (const PstProfile *profile)
{
  return profile->wants;
}

PstAccess
pst_profile_get_one_folder (const PstProfile *profile)
{
  return profile->one_folder;
}

const PstProfileRule *
pst_profile_get_rules (const PstProfile *profile, gsize *n_rules)
{
  *n_rules = profile->rules->len;
  return (const PstProfileRule *)(gpointer)profile->rules->data;
}
