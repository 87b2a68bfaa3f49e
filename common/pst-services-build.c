/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue as a whole: made, loaded, its modules resolved, freed. */
#include "pst-services-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>

#include "pst-fd.h"
#include "pst-text.h"

#define SUFFIX ".conf"
#define MAX_FILE (256u << 10)

static void
node_free (gpointer data)
{
  PstServiceNode *node = data;

  g_hash_table_unref (node->rules);
  g_free (node);
}

static void
own_free (gpointer data)
{
  PstServiceOwn *own = data;

  g_free (own->pattern);
  g_free (own);
}

static void
line_free (gpointer data)
{
  PstServiceModuleLine *line = data;

  g_free (line->label);
  g_free (line->key);
  g_free (line);
}

static void
module_free (gpointer data)
{
  PstServiceModule *module = data;

  g_free (module->title);
  g_ptr_array_unref (module->lines);
  g_ptr_array_unref (module->own);
  g_ptr_array_unref (module->rules);
  g_hash_table_unref (module->by_node);
  g_free (module);
}

PstServiceModule *
pst_service_module_new (void)
{
  PstServiceModule *module = g_new0 (PstServiceModule, 1);

  module->lines = g_ptr_array_new_with_free_func (line_free);
  module->own = g_ptr_array_new_with_free_func (own_free);
  module->rules = g_ptr_array_new ();
  module->by_node = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_hash_table_unref);
  return module;
}

PstServiceRules *
pst_service_rules_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

PstServices *
pst_services_new (void)
{
  PstServices *services = g_new0 (PstServices, 1);

  services->strings = g_string_chunk_new (4096);
  services->entries = g_ptr_array_new_with_free_func (g_free);
  services->rules = g_ptr_array_new ();
  services->all_rules = g_ptr_array_new_with_free_func (g_free);
  services->nodes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, node_free);
  services->modules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, module_free);
  services->own = g_ptr_array_new_with_free_func (own_free);
  return services;
}

void
pst_services_free (PstServices *services)
{
  if (!services)
    return;
  g_hash_table_unref (services->modules);
  g_hash_table_unref (services->nodes);
  g_ptr_array_unref (services->own);
  g_ptr_array_unref (services->rules);
  g_ptr_array_unref (services->all_rules);
  g_ptr_array_unref (services->entries);
  g_string_chunk_free (services->strings);
  g_free (services);
}

/* "session org.foo.Bar[ org.foo.Bar.Baz[ actions]]": of a name that the catalogue has in just this form, and of that nothing
 * that it denies: a profile may not hand out what no question does. */
static const char *
resolve (PstServices *services, PstServiceModule *module, const PstServiceModuleLine *line)
{
  g_auto (GStrv) words = g_strsplit (line->key, " ", 5);
  gsize n = g_strv_length (words);
  PstServiceBus bus;
  PstServiceNode *node;
  PstServiceRule *rule, *base;
  PstServiceRules *rules;
  PstServiceTraits traits = n == 4 ? PST_SERVICE_TRAIT_ACTIONS : 0;
  g_autofree char *interface = NULL, *member = NULL;

  if (n < 2 || n > 4 || !pst_service_bus_from_string (words[0], &bus) || (n == 4 && strcmp (words[3], "actions") != 0))
    return _ ("is none of “BUS NAME”, “BUS NAME INTERFACE.MEMBER”, “BUS NAME INTERFACE.MEMBER actions”, “own NAME”");
  if (!(node = pst_services_node (services, bus, words[1])))
    return _ ("speaks of a name that the catalogue does not have");
  if (n >= 3 && !pst_service_message_parse (words[2], &interface, &member))
    return _ ("does not end in interface.member or interface.*");
  base = pst_service_rules_find (&node->rules, 1, interface, member, traits);
  if (base->verdict == PST_SERVICE_NEVER && !base->unasked && line->verdict != PST_SERVICE_NEVER)
    return _ ("would allow what the catalogue denies; only a person can, in the manager");

  rule = g_new0 (PstServiceRule, 1);
  rule->entry = base->entry;
  rule->interface = interface ? g_string_chunk_insert_const (services->strings, interface) : NULL;
  rule->member = member ? g_string_chunk_insert_const (services->strings, member) : NULL;
  rule->with_actions = traits != 0;
  rule->verdict = line->verdict;
  g_ptr_array_add (services->all_rules, rule);
  g_ptr_array_add (module->rules, rule);
  if (!(rules = g_hash_table_lookup (module->by_node, node)))
    g_hash_table_insert (module->by_node, node, rules = pst_service_rules_new ());
  g_hash_table_replace (rules, pst_service_rule_key (rule), rule);
  return NULL;
}

gboolean
pst_services_seal (PstServices *services, GError **error)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, services->modules);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      PstServiceModule *module = value;

      for (guint i = 0; i < module->lines->len; i++)
        {
          const PstServiceModuleLine *line = module->lines->pdata[i];
          const char *wrong = resolve (services, module, line);

          if (wrong)
            {
              g_autofree char *shown = pst_text_for_display (line->key, 120);

              g_set_error (
                  error, PST_SERVICES_ERROR,
                  0, /* Translators: a file, a line, a key, what is wrong with it: "… line 7: the key “x” speaks of a name …" */
                  _ ("%s, line %u: the key “%s” %s"), line->label, line->line, shown, wrong);
              return FALSE;
            }
        }
    }
  services->sealed = TRUE;
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static gboolean
add_file (PstServices *services, const char *path, GError **error)
{
  g_autofree char *shown = pst_text_for_display (path, 200);
  pst_autofd fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) why = NULL;

  if (fd < 0)
    {
      g_set_error (error, PST_SERVICES_ERROR, 0, _ ("The catalogue %s cannot be opened: %s"), shown, g_strerror (errno));
      return FALSE;
    }
  if (!(bytes = pst_fd_read_all (fd, MAX_FILE, &why)))
    {
      g_set_error (error, PST_SERVICES_ERROR, 0, _ ("The catalogue %s cannot be read: %s"), shown, why->message);
      return FALSE;
    }
  return pst_services_add (services, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), shown, error);
}

/* A directory that is not there holds nothing; a catalogue with nothing in it is a broken installation. */
PstServices *
pst_services_load (const char *const *directories, GError **error)
{
  g_autoptr (PstServices) services = pst_services_new ();
  g_autoptr (GHashTable) files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  for (; *directories; directories++)
    {
      g_autoptr (GDir) dir = g_dir_open (*directories, 0, NULL);
      const char *name;

      while (dir && (name = g_dir_read_name (dir)))
        if (g_str_has_suffix (name, SUFFIX) && !g_hash_table_contains (files, name))
          g_hash_table_insert (files, g_strdup (name), g_build_filename (*directories, name, NULL));
    }
  g_hash_table_iter_init (&iter, files);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (names, key);
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    if (!add_file (services, g_hash_table_lookup (files, names->pdata[i]), error))
      return NULL;
  if (names->len == 0)
    {
      g_set_error (error, PST_SERVICES_ERROR, 0, _ ("There is no catalogue of services; reinstall Postern."));
      return NULL;
    }
  return pst_services_seal (services, error) ? g_steal_pointer (&services) : NULL;
}
