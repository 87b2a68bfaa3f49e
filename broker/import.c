/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From text to rules that are well-formed. */
#include "import.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "identity.h"
#include "import-private.h"
#include "json.h"
#include "pst-path.h"
#include "pst-text.h"

/* clang-format off */
G_DEFINE_QUARK (pst-import-error-quark, pst_import_error)
/* clang-format on */

gboolean
pst_import_refuse (GError **error, guint line, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, PST_IMPORT_ERROR, 0, _ ("Line %u: %s. Nothing has been imported."), line, what);
  return FALSE;
}

void
pst_import_free (PstImport *import)
{
  if (!import)
    return;
  g_ptr_array_unref (import->apps);
  g_ptr_array_unref (import->rules);
  g_array_unref (import->lines);
  g_free (import);
}

static void
app_free (gpointer data)
{
  PstImportApp *app = data;

  g_free (app->id);
  g_free (app);
}

/* Shapes */

/* @object has no key but those of @known, and all of the first @needed. */
static gboolean
check_keys (const PstJsonValue *object, const char *const *known, guint needed, const char *what, GError **error)
{
  if (object->type != PST_JSON_OBJECT)
    return pst_import_refuse (error, object->line, _ ("%s is no object"), what);
  for (guint i = 0; i < object->n; i++)
    if (!g_strv_contains (known, object->members[i].key))
      {
        g_autofree char *shown = pst_text_for_display (object->members[i].key, 40);

        return pst_import_refuse (error, object->members[i].value->line, _ ("%s has a key “%s”, which is not known"), what,
                                  shown);
      }
  for (guint i = 0; i < needed; i++)
    if (!pst_json_value_get (object, known[i]))
      return pst_import_refuse (error, object->line, _ ("%s has no key “%s”"), what, known[i]);
  return TRUE;
}

/* (nullable): NULL with @error. */
static const char *
get_string (const PstJsonValue *object, const char *key, GError **error)
{
  const PstJsonValue *value = pst_json_value_get (object, key);

  if (!value || value->type != PST_JSON_STRING)
    return pst_import_refuse (error, value ? value->line : object->line, _ ("“%s” is no text"), key), NULL;
  return value->string;
}

/* -1 where it is missing. */
static gboolean
get_switch (const PstJsonValue *object, const char *key, int *out, GError **error)
{
  const PstJsonValue *value = pst_json_value_get (object, key);

  *out = -1;
  if (!value)
    return TRUE;
  if (value->type != PST_JSON_BOOLEAN)
    return pst_import_refuse (error, value->line, _ ("“%s” is neither true nor false"), key);
  *out = value->boolean;
  return TRUE;
}

static gboolean
get_list (const PstJsonValue *object, const char *key, guint most, const PstJsonValue **out, GError **error)
{
  *out = pst_json_value_get (object, key);
  if ((*out)->type != PST_JSON_ARRAY)
    return pst_import_refuse (error, (*out)->line, _ ("“%s” is no list"), key);
  if ((*out)->n > most)
    return pst_import_refuse (error, (*out)->line, _ ("“%s” is longer than %u"), key, most);
  return TRUE;
}

/* One rule */

/* A text, or {"bytes": base64} for what is none. (transfer full) (nullable) */
static char *
read_resource (const PstJsonValue *object, GError **error)
{
  static const char *const keys[] = { "bytes", NULL };
  const PstJsonValue *value = pst_json_value_get (object, "resource");
  const char *encoded;
  g_autofree guchar *bytes = NULL;
  g_autofree char *again = NULL;
  gsize size;

  if (value->type == PST_JSON_STRING)
    return g_strdup (value->string);
  if (!check_keys (value, keys, 1, _ ("the resource"), error) || !(encoded = get_string (value, "bytes", error)))
    return NULL;
  bytes = g_base64_decode (encoded, &size);
  again = g_base64_encode (bytes, size);
  if (strcmp (again, encoded) != 0)
    return pst_import_refuse (error, value->line, _ ("“bytes” is no base64")), NULL;
  if (size == 0 || memchr (bytes, '\0', size))
    return pst_import_refuse (error, value->line, _ ("“bytes” is empty, or holds a NUL")), NULL;
  return g_strndup ((const char *)bytes, size);
}

static gboolean
read_words (const PstJsonValue *object, PstStoredRule *rule, GError **error)
{
  const char *access, *answer, *lifetime, *scope = NULL;

  if (!(access = get_string (object, "access", error)) || !(answer = get_string (object, "answer", error)) ||
      !(lifetime = get_string (object, "lifetime", error)))
    return FALSE;
  if (!pst_access_from_string_for (rule->kind, access, &rule->access))
    return pst_import_refuse (error, object->line, _ ("its access is none that goes with its kind"));
  if (!pst_answer_from_string (answer, &rule->answer))
    return pst_import_refuse (error, object->line, _ ("its answer is none of allow, deny, hide, private and ask"));
  if (strcmp (lifetime, "always") != 0 && strcmp (lifetime, "until") != 0)
    return pst_import_refuse (error, object->line, _ ("its lifetime is neither always nor until"));
  pst_lifetime_from_string (lifetime, &rule->lifetime);
  rule->scope = PST_SCOPE_FILE;
  if (rule->kind == PST_KIND_FILES)
    {
      if (!(scope = get_string (object, "scope", error)))
        return FALSE;
      if (strcmp (scope, "tree") != 0 && strcmp (scope, "file") != 0)
        return pst_import_refuse (error, object->line, _ ("its scope is neither tree nor file"));
      rule->scope = *scope == 't' ? PST_SCOPE_TREE : PST_SCOPE_FILE;
    }
  else if (pst_json_value_get (object, "scope"))
    return pst_import_refuse (error, object->line, _ ("a scope goes with files only"));
  return TRUE;
}

static gboolean
read_until (const PstJsonValue *object, PstStoredRule *rule, GError **error)
{
  const PstJsonValue *value = pst_json_value_get (object, "until");

  if ((value != NULL) != (rule->lifetime == PST_LIFETIME_UNTIL))
    return pst_import_refuse (error, object->line, _ ("“until” is there without that lifetime, or the other way about"));
  if (!value)
    return TRUE;
  if (value->type != PST_JSON_NUMBER || value->number <= 0 || value->number > G_GINT64_CONSTANT (253402300799))
    return pst_import_refuse (error, value->line, _ ("“until” is no date: seconds since 1970, before the year 10000"));
  rule->until = value->number;
  return TRUE;
}

/* Is what it says possible at all? */
static gboolean
check_sense (const PstStoredRule *rule, guint line, GError **error)
{
  g_autofree char *shown = pst_text_for_display (rule->resource, 120);

  if (rule->kind == PST_KIND_FILES)
    return pst_path_is_normal (rule->resource) ||
           pst_import_refuse (error, line, _ ("the path “%s” is not absolute, or has “.”, “..”, “//” or a slash at its end"),
                              shown);
  if (!pst_bus_rules_is_resource (rule->resource))
    return pst_import_refuse (error, line, _ ("“%s” is no service"), shown);
  if (rule->access != PST_ACCESS_TALK || rule->answer == PST_ANSWER_HIDE || rule->answer == PST_ANSWER_PRIVATE)
    return pst_import_refuse (error, line, _ ("of a service, “talk” can be allowed, denied or asked for"));
  return TRUE;
}

static gboolean
read_rule (PstImport *import, const char *app, const PstJsonValue *object, gint64 now, GError **error)
{
  static const char *const keys[] = { "kind", "resource", "access", "answer", "lifetime", "scope", "until", NULL };
  g_autoptr (PstStoredRule) rule = g_new0 (PstStoredRule, 1);
  const char *kind;

  if (!check_keys (object, keys, 5, _ ("a rule"), error) || !(kind = get_string (object, "kind", error)))
    return FALSE;
  if (!pst_kind_from_string (kind, &rule->kind) || (rule->kind != PST_KIND_FILES && rule->kind != PST_KIND_BUS))
    return pst_import_refuse (error, object->line, _ ("its kind is neither files nor bus"));
  rule->app = g_strdup (app);
  rule->origin = PST_ORIGIN_IMPORT;
  rule->boot = g_strdup ("");
  rule->login = g_strdup ("");
  rule->created = now;
  if (!(rule->resource = read_resource (object, error)) || !read_words (object, rule, error) ||
      !read_until (object, rule, error) || !check_sense (rule, object->line, error))
    return FALSE;
  if (!pst_export_has_rule (rule, now))
    return TRUE;
  /* Its line, until it is sorted. */
  rule->sandbox = object->line;
  g_ptr_array_add (import->rules, g_steal_pointer (&rule));
  if (import->rules->len > PST_IMPORT_MAX_RULES)
    return pst_import_refuse (error, object->line, _ ("these are more than %d rules"), PST_IMPORT_MAX_RULES);
  return TRUE;
}

/* The whole */

static gboolean
read_app (PstImport *import, GHashTable *seen, const PstJsonValue *object, gint64 now, GError **error)
{
  static const char *const keys[] = { "id", "rules", "locked", "strict", NULL };
  const PstJsonValue *rules;
  PstImportApp *app;
  const char *id;

  if (!check_keys (object, keys, 2, _ ("an application"), error) || !(id = get_string (object, "id", error)))
    return FALSE;
  if (!pst_app_id_is_valid (id))
    return pst_import_refuse (error, object->line, _ ("“id” names no application"));
  if (!g_hash_table_add (seen, (gpointer)id))
    return pst_import_refuse (error, object->line, _ ("the application %s is there twice"), id);
  app = g_new0 (PstImportApp, 1);
  app->id = g_strdup (id);
  app->line = object->line;
  g_ptr_array_add (import->apps, app);
  if (!get_switch (object, "locked", &app->locked, error) || !get_switch (object, "strict", &app->strict, error) ||
      !get_list (object, "rules", PST_IMPORT_MAX_RULES, &rules, error))
    return FALSE;
  for (guint i = 0; i < rules->n; i++)
    if (!read_rule (import, id, rules->values[i], now, error))
      return FALSE;
  return TRUE;
}

/* What it is, and for whom: before anything else in it is looked at, which a newer version may have changed. */
static gboolean
check_format (const PstJsonValue *root, GError **error)
{
  const PstJsonValue *format = pst_json_value_get (root, "format"), *version = pst_json_value_get (root, "version");

  if (!format || format->type != PST_JSON_STRING || strcmp (format->string, PST_EXPORT_FORMAT) != 0)
    {
      g_set_error (error, PST_IMPORT_ERROR, 0, "%s",
                   _ ("This is no export of Postern’s permissions: its “format” is not “postern-grants”; choose a file that "
                      "Postern has exported. Nothing has been imported."));
      return FALSE;
    }
  if (!version || version->type != PST_JSON_NUMBER || version->number < 1)
    return pst_import_refuse (error, version ? version->line : root->line, _ ("“version” is no version"));
  if (version->number > PST_EXPORT_VERSION)
    {
      g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, version->number);

      g_set_error (error, PST_IMPORT_ERROR, 0,
                   _ ("This was written by a newer version of Postern (version %s of the format; this one reads %d): update "
                      "Postern here, and try again. Nothing has been imported."),
                   number, PST_EXPORT_VERSION);
      return FALSE;
    }
  return TRUE;
}

static gboolean
same_place (const PstStoredRule *a, const PstStoredRule *b)
{
  return a->kind == b->kind && a->scope == b->scope && strcmp (a->app, b->app) == 0 && strcmp (a->resource, b->resource) == 0;
}

/* Rules that would change each other have no order in which they could be meant. Sorted, those of one place stand together, and
 * no more than a few can: of three accesses two soon say something of the same. */
static gboolean
check_agreement (const PstImport *import, GError **error)
{
  for (guint i = 0; i < import->rules->len; i++)
    for (guint k = i; k-- > 0 && same_place (import->rules->pdata[k], import->rules->pdata[i]);)
      if (pst_stored_rule_merge (import->rules->pdata[i], import->rules->pdata[k]) != PST_MERGE_KEEP ||
          pst_stored_rule_merge (import->rules->pdata[k], import->rules->pdata[i]) != PST_MERGE_KEEP)
        {
          g_autofree char *shown = pst_text_for_display (((PstStoredRule *)import->rules->pdata[i])->resource, 120);

          return pst_import_refuse (error, g_array_index (import->lines, guint, i), _ ("of “%s” two things are said"), shown);
        }
  return TRUE;
}

PstImport *
pst_import_parse (const char *data, gsize size, gint64 now, GError **error)
{
  static const char *const keys[] = { "format", "version", "apps", NULL };
  g_autoptr (GError) why = NULL;
  g_autoptr (PstJsonText) text = pst_json_text_parse (data, size, &why);
  g_autoptr (PstImport) import = g_new0 (PstImport, 1);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  const PstJsonValue *root, *apps;

  import->apps = g_ptr_array_new_with_free_func (app_free);
  import->rules = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_rule_free);
  import->lines = g_array_new (FALSE, FALSE, sizeof (guint));
  if (!text)
    {
      g_set_error (error, PST_IMPORT_ERROR, 0,
                   _ ("This is no export of Postern’s permissions, or it is damaged (%s); export them anew. "
                      "Nothing has been imported."),
                   why->message);
      return NULL;
    }
  root = pst_json_text_get_root (text);
  if (!check_format (root, error) || !check_keys (root, keys, 3, _ ("the export"), error) ||
      !get_list (root, "apps", PST_IMPORT_MAX_APPS, &apps, error))
    return NULL;
  for (guint i = 0; i < apps->n; i++)
    if (!read_app (import, seen, apps->values[i], now, error))
      return NULL;
  g_ptr_array_sort (import->rules, pst_export_compare);
  for (guint i = 0; i < import->rules->len; i++)
    {
      PstStoredRule *rule = import->rules->pdata[i];
      guint line = (guint)rule->sandbox;

      rule->sandbox = 0;
      g_array_append_val (import->lines, line);
    }
  return check_agreement (import, error) ? g_steal_pointer (&import) : NULL;
}
