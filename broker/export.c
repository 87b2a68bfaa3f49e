/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "export.h"

#include <string.h>

#include "pst-json.h"

gboolean
pst_export_has_rule (const PstStoredRule *rule, gint64 now)
{
  if (rule->kind != PST_KIND_FILES && rule->kind != PST_KIND_BUS)
    return FALSE;
  return rule->lifetime == PST_LIFETIME_ALWAYS || (rule->lifetime == PST_LIFETIME_UNTIL && rule->until > now);
}

int
pst_export_compare (gconstpointer a, gconstpointer b)
{
  const PstStoredRule *x = *(const PstStoredRule *const *)a, *y = *(const PstStoredRule *const *)b;
  int order = strcmp (x->app, y->app);

  if (order != 0)
    return order;
  if (x->kind != y->kind)
    return (int)x->kind - (int)y->kind;
  if ((order = strcmp (x->resource, y->resource)) != 0)
    return order;
  if (x->scope != y->scope)
    return (int)x->scope - (int)y->scope;
  if (x->access != y->access)
    return (int)x->access - (int)y->access;
  if (x->answer != y->answer)
    return (int)x->answer - (int)y->answer;
  if (x->lifetime != y->lifetime)
    return (int)x->lifetime - (int)y->lifetime;
  return x->until < y->until ? -1 : x->until > y->until;
}

static void
add_word (GString *out, const char *key, const char *word)
{
  g_string_append_printf (out, ", \"%s\": \"%s\"", key, word);
}

/* A path is bytes. Those that are no text are written as what they are, and read back the same. */
static void
add_resource (GString *out, const char *resource)
{
  g_string_append (out, ", \"resource\": ");
  if (g_utf8_validate (resource, -1, NULL))
    pst_json_append_string (out, resource);
  else
    {
      g_autofree char *encoded = g_base64_encode ((const guchar *)resource, strlen (resource));

      g_string_append_printf (out, "{\"bytes\": \"%s\"}", encoded);
    }
}

static void
add_rule (GString *out, const PstStoredRule *rule)
{
  g_string_append_printf (out, "        {\"kind\": \"%s\"", pst_kind_to_string (rule->kind));
  add_resource (out, rule->resource);
  if (rule->kind == PST_KIND_FILES)
    add_word (out, "scope", pst_scope_to_string (rule->scope));
  add_word (out, "access", pst_access_to_string (rule->access));
  add_word (out, "answer", pst_answer_to_string (rule->answer));
  add_word (out, "lifetime", pst_lifetime_to_string (rule->lifetime));
  if (rule->lifetime == PST_LIFETIME_UNTIL)
    g_string_append_printf (out, ", \"until\": %" G_GINT64_FORMAT, rule->until);
  g_string_append_c (out, '}');
}

/* What of an application is exported. */
typedef struct
{
  const char *id;
  gboolean locked, strict;
  guint first, n; /* of the sorted rules */
} App;

static int
compare_apps (gconstpointer a, gconstpointer b)
{
  return strcmp (((const App *)a)->id, ((const App *)b)->id);
}

static void
add_app (GString *out, const App *app, GPtrArray *rules)
{
  g_string_append (out, "    {\n      \"id\": ");
  pst_json_append_string (out, app->id);
  g_string_append_printf (out, ",\n      \"locked\": %s,\n      \"strict\": %s,\n      \"rules\": [",
                          app->locked ? "true" : "false", app->strict ? "true" : "false");
  for (guint i = 0; i < app->n; i++)
    {
      g_string_append (out, i > 0 ? ",\n" : "\n");
      add_rule (out, rules->pdata[app->first + i]);
    }
  g_string_append (out, app->n > 0 ? "\n      ]\n    }" : "]\n    }");
}

/* Each application that has a rule, or a switch that is on. */
static GArray *
gather_apps (GPtrArray *sorted, const GPtrArray *apps, const char *only)
{
  GArray *result = g_array_new (FALSE, FALSE, sizeof (App));
  g_autoptr (GHashTable) index = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < sorted->len; i++)
    {
      const PstStoredRule *rule = sorted->pdata[i];

      if (i == 0 || strcmp (((PstStoredRule *)sorted->pdata[i - 1])->app, rule->app) != 0)
        {
          App app = { .id = rule->app, .first = i };

          g_hash_table_insert (index, rule->app, GUINT_TO_POINTER (result->len + 1));
          g_array_append_val (result, app);
        }
      g_array_index (result, App, result->len - 1).n++;
    }
  for (guint i = 0; i < apps->len; i++)
    {
      const PstStoredApp *stored = apps->pdata[i];
      guint at = GPOINTER_TO_UINT (g_hash_table_lookup (index, stored->id));
      App app = { .id = stored->id, .locked = stored->locked, .strict = stored->strict };

      if (at > 0)
        {
          g_array_index (result, App, at - 1).locked = stored->locked;
          g_array_index (result, App, at - 1).strict = stored->strict;
        }
      else if ((stored->locked || stored->strict) && (!only || strcmp (stored->id, only) == 0))
        g_array_append_val (result, app);
    }
  g_array_sort (result, compare_apps);
  return result;
}

char *
pst_export_text (const GPtrArray *rules, const GPtrArray *apps, const char *only, gint64 now)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  g_autoptr (GArray) gathered = NULL;
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < rules->len; i++)
    {
      PstStoredRule *rule = rules->pdata[i];

      if (pst_export_has_rule (rule, now) && (!only || strcmp (rule->app, only) == 0))
        g_ptr_array_add (sorted, rule);
    }
  g_ptr_array_sort (sorted, pst_export_compare);
  gathered = gather_apps (sorted, apps, only);

  g_string_append_printf (out, "{\n  \"format\": \"%s\",\n  \"version\": %d,\n  \"apps\": [", PST_EXPORT_FORMAT,
                          PST_EXPORT_VERSION);
  for (guint i = 0; i < gathered->len; i++)
    {
      g_string_append (out, i > 0 ? ",\n" : "\n");
      add_app (out, &g_array_index (gathered, App, i), sorted);
    }
  g_string_append (out, gathered->len > 0 ? "\n  ]\n}\n" : "]\n}\n");
  return g_string_free (out, FALSE);
}
