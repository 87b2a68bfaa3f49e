/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue, as it is looked up.
 *
 * A message has a bus, a name, an interface and a member. The name picks one node: the exact name, or else the longest family
 * ("org.gtk.vfs.*") that it belongs to. Below the node the most specific rule decides: interface and member, then the
 * interface, then the name as a whole; of two equally specific ones a module's comes first, and of two modules' the stricter
 * one. Each step is one look into a hash table, so a look-up costs as much as the name has dots.
 *
 * D-Bus lets a method call leave its interface out, and the service then takes the first method of that name. Such a call is
 * judged by the strictest rule that could be meant; otherwise leaving it out would be the way around every "never".
 */
#include "pst-services-private.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "pst-text.h"

#define MAX_NAME 255 /* of a bus name, an interface or a member: the D-Bus specification */

/* clang-format off */
G_DEFINE_QUARK (pst-services-error-quark, pst_services_error)
/* clang-format on */

gboolean
pst_service_verdict_from_string (const char *word, PstServiceVerdict *out)
{
  static const char *const words[] = { "quiet", "ask", "never" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (word, words[i]) == 0)
      {
        *out = PST_SERVICE_QUIET + i;
        return TRUE;
      }
  return FALSE;
}

gboolean
pst_service_bus_from_string (const char *word, PstServiceBus *out)
{
  static const char *const words[] = { "session", "system", "a11y" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (word, words[i]) == 0)
      {
        *out = PST_SERVICE_BUS_SESSION + i;
        return TRUE;
      }
  return FALSE;
}

char *
pst_service_rule_key (const PstServiceRule *rule)
{
  return g_strconcat (rule->interface ? rule->interface : "*",
                      !rule->interface ? ""
                      : rule->member   ? "."
                                       : ".*",
                      rule->member ? rule->member : "", rule->path ? "@" : "", rule->path ? rule->path : "",
                      rule->with_actions ? "!" : "", NULL);
}

PstServiceNode *
pst_services_node (const PstServices *services, PstServiceBus bus, const char *pattern)
{
  char key[MAX_NAME + 8];

  if ((gsize)g_snprintf (key, sizeof key, "%d %s", (int)bus, pattern) >= sizeof key)
    return NULL;
  return g_hash_table_lookup (services->nodes, key);
}

/* The exact name, or the longest family at or above it. */
static PstServiceNode *
find_node (const PstServices *services, PstServiceBus bus, const char *name)
{
  char pattern[MAX_NAME + 3];
  PstServiceNode *node;
  gsize length = strlen (name);

  if (length > MAX_NAME)
    return NULL;
  if ((node = pst_services_node (services, bus, name)))
    return node;
  while (length > 0)
    {
      memcpy (pattern, name, length);
      strcpy (pattern + length, ".*");
      if ((node = pst_services_node (services, bus, pattern)))
        return node;
      while (length > 0 && name[--length] != '.')
        ;
    }
  return NULL;
}

/* The strictest of the rules under @key in any layer that comes first: modules, then the catalogue, which is the last. */
static PstServiceRule *
find_key (PstServiceRules *const *layers, gsize n_layers, const char *key)
{
  PstServiceRule *found = NULL;

  for (gsize i = 0; i < n_layers; i++)
    {
      PstServiceRule *rule = g_hash_table_lookup (layers[i], key);

      if (rule && (!found || (i + 1 < n_layers && rule->verdict > found->verdict)))
        found = rule;
    }
  return found;
}

PstServiceRule *
pst_service_rules_find (PstServiceRules *const *layers, gsize n_layers, const char *interface, const char *member,
                        PstServiceTraits traits)
{
  char key[2 * MAX_NAME + 4];

  for (guint step = member && interface ? 0 : interface ? 1 : 2; step < 3; step++)
    for (guint plain = traits & PST_SERVICE_TRAIT_ACTIONS ? 0 : 1; plain < 2; plain++)
      {
        const char *mark = plain ? "" : "!";
        PstServiceRule *rule;

        if (step == 0)
          g_snprintf (key, sizeof key, "%s.%s%s", interface, member, mark);
        else if (step == 1)
          g_snprintf (key, sizeof key, "%s.*%s", interface, mark);
        else
          g_snprintf (key, sizeof key, "*%s", mark);
        if ((rule = find_key (layers, n_layers, key)))
          return rule;
      }
  return NULL;
}

/* @member of any interface: each that a rule speaks of is tried as if it had been named, and so is one that none speaks of. */
static PstServiceRule *
find_without_interface (PstServiceRules *const *layers, gsize n_layers, const char *member, PstServiceTraits traits)
{
  PstServiceRule *strictest = pst_service_rules_find (layers, n_layers, NULL, NULL, traits);

  for (gsize i = 0; i < n_layers; i++)
    {
      GHashTableIter iter;
      gpointer value;

      g_hash_table_iter_init (&iter, layers[i]);
      while (g_hash_table_iter_next (&iter, NULL, &value))
        {
          const PstServiceRule *rule = value;
          PstServiceRule *found;

          if (!rule->interface || (rule->member && strcmp (rule->member, member) != 0))
            continue;
          found = pst_service_rules_find (layers, n_layers, rule->interface, member, traits);
          if (!strictest || (found && found->verdict > strictest->verdict))
            strictest = found;
        }
    }
  return strictest;
}

#define MAX_LAYERS 16

/* The rules for @node of every module named, then the catalogue's. */
static gsize
layers_of (const PstServices *services, const char *const *modules, const PstServiceNode *node,
           PstServiceRules *layers[MAX_LAYERS])
{
  gsize n = 0;

  for (; modules && *modules && n < MAX_LAYERS - 1; modules++)
    {
      PstServiceModule *module = g_hash_table_lookup (services->modules, *modules);
      PstServiceRules *rules = module ? g_hash_table_lookup (module->by_node, node) : NULL;

      if (rules)
        layers[n++] = rules;
    }
  layers[n++] = node->rules;
  return n;
}

PstServiceMatch
pst_services_lookup (const PstServices *services, const char *const *modules, PstServiceBus bus, const char *name,
                     const char *interface, const char *member, PstServiceTraits traits)
{
  PstServiceRules *layers[MAX_LAYERS];
  PstServiceMatch match = { PST_SERVICE_ASK, NULL, NULL };
  PstServiceNode *node = find_node (services, bus, name);
  PstServiceRule *rule;
  gsize n;

  g_return_val_if_fail (services->sealed, match);
  if (!node)
    return match;
  /* Longer than there can be one: nobody's method, and no rule's. */
  if ((interface && strlen (interface) > MAX_NAME) || (member && strlen (member) > MAX_NAME))
    return (PstServiceMatch){ PST_SERVICE_NEVER, node->entry, NULL };
  n = layers_of (services, modules, node, layers);
  rule = member && !interface ? find_without_interface (layers, n, member, traits)
                              : pst_service_rules_find (layers, n, interface, member, traits);
  return (PstServiceMatch){ rule->verdict, rule->entry, rule };
}

PstServiceVerdict
pst_services_lookup_start (const PstServices *services, const char *const *modules, PstServiceBus bus, const char *name)
{
  PstServiceRules *layers[MAX_LAYERS];
  PstServiceNode *node = find_node (services, bus, name);
  PstServiceVerdict mildest = PST_SERVICE_NEVER;
  PstServiceRule *start;
  gsize n;

  g_return_val_if_fail (services->sealed, PST_SERVICE_NEVER);
  if (!node)
    return PST_SERVICE_ASK;
  n = layers_of (services, modules, node, layers);
  for (gsize i = 0; i < n; i++)
    {
      GHashTableIter iter;
      gpointer value;

      g_hash_table_iter_init (&iter, layers[i]);
      while (g_hash_table_iter_next (&iter, NULL, &value))
        mildest = MIN (mildest, ((const PstServiceRule *)value)->verdict);
    }
  start = pst_service_rules_find (layers, n, "org.freedesktop.DBus", "StartServiceByName", 0);
  return mildest == PST_SERVICE_QUIET || !start->member ? mildest : MAX (mildest, start->verdict);
}

/* ---- owning ---- */

typedef struct
{
  const char *id;  /* (nullable): a valid bus name */
  const char *app; /* "totem": compared without case, as players spell themselves either way */
} Words;

/* One pass: no placeholder can end in more than one place. */
static gboolean
pattern_matches (const char *pattern, const char *name, const Words *words)
{
  while (*pattern)
    {
      const char *word = NULL;

      if (strcmp (pattern, ".*") == 0)
        return *name == '\0' || *name == '.';
      if (g_str_has_prefix (pattern, "{number}"))
        {
          gsize digits = strspn (name, "0123456789");

          if (digits == 0)
            return FALSE;
          name += digits;
          pattern += strlen ("{number}");
          continue;
        }
      if (*pattern != '{')
        {
          if (*pattern++ != *name++)
            return FALSE;
          continue;
        }
      word = g_str_has_prefix (pattern, "{id}") ? words->id : words->app;
      if (!word || g_ascii_strncasecmp (name, word, strlen (word)) != 0)
        return FALSE;
      if (word == words->id && strncmp (name, word, strlen (word)) != 0)
        return FALSE;
      name += strlen (word);
      pattern = strchr (pattern, '}') + 1;
    }
  return *name == '\0';
}

/* The verdict of the first pattern that is for @name. */
static gboolean
own_by_pattern (const GPtrArray *patterns, const char *name, const Words *words, PstServiceVerdict *verdict)
{
  for (guint i = 0; i < patterns->len; i++)
    {
      const PstServiceOwn *own = patterns->pdata[i];

      /* "foo.Bar" is nobody's domain: only itself, not what is below. */
      if (strcmp (own->pattern, "{id}.*") == 0 && words->id && strchr (words->id, '.') == strrchr (words->id, '.'))
        continue;
      if (pattern_matches (own->pattern, name, words))
        {
          *verdict = own->verdict;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
own_by_patterns (const PstServices *services, const char *const *modules, const char *name, const Words *words,
                 PstServiceVerdict *verdict)
{
  for (; modules && *modules; modules++)
    {
      const PstServiceModule *module = g_hash_table_lookup (services->modules, *modules);

      if (module && own_by_pattern (module->own, name, words, verdict))
        return TRUE;
    }
  return own_by_pattern (services->own, name, words, verdict);
}

/* "totem" of org.gnome.Totem: the last word of the id, and the program's name. */
static void
find_apps (const char *id, const char *executable, char *apps[2])
{
  const char *last = strrchr (id, strchr (id, '/') ? '/' : '.');

  apps[0] = g_strdup (last ? last + 1 : id);
  apps[1] = executable ? g_path_get_basename (executable) : NULL;
}

/* Nobody becomes "Passwords and keys" by having that id: what the catalogue keeps goes before the application's own id. */
PstServiceVerdict
pst_services_lookup_own (const PstServices *services, const char *const *modules, PstServiceBus bus, const char *id,
                         const char *executable, const char *name)
{
  PstServiceNode *node = find_node (services, bus, name);
  PstServiceVerdict verdict = node ? node->entry->own : PST_SERVICE_ASK;
  char *apps[2];

  g_return_val_if_fail (services->sealed, PST_SERVICE_NEVER);
  /* What people use serves them in their session; who wants to be a service of the system is a trick. */
  if (bus != PST_SERVICE_BUS_SESSION || !g_dbus_is_name (name) || g_dbus_is_unique_name (name) ||
      (node && node->entry->own == PST_SERVICE_NEVER))
    return PST_SERVICE_NEVER;
  find_apps (id, executable, apps);
  for (guint i = 0; i < G_N_ELEMENTS (apps); i++)
    {
      Words words = { g_dbus_is_name (id) && !g_dbus_is_unique_name (id) ? id : NULL, apps[i] };

      if (words.app && *words.app && own_by_patterns (services, modules, name, &words, &verdict))
        break;
    }
  for (guint i = 0; i < G_N_ELEMENTS (apps); i++)
    g_free (apps[i]);
  return verdict;
}

/* @pattern with the application's words in it. NULL if that is no name: a program's file may be called anything. */
static char *
fill_in (const char *pattern, const char *id, const char *app)
{
  g_autoptr (GString) out = g_string_new (pattern);
  g_autofree char *sample = NULL;
  gsize length;

  if ((strstr (pattern, "{id}") && !g_dbus_is_name (id)) ||
      (strstr (pattern, "{app}") && (!app || !*app || strpbrk (app, ".{}"))))
    return NULL;
  g_string_replace (out, "{id}", id, 0);
  g_string_replace (out, "{app}", app ? app : "", 0);
  {
    g_autoptr (GString) name = g_string_new (out->str);

    g_string_replace (name, "{number}", "1", 0);
    length = name->len;
    if (g_str_has_suffix (name->str, ".*"))
      length -= 2;
    sample = g_strndup (name->str, length);
  }
  return g_dbus_is_name (sample) && !g_dbus_is_unique_name (sample) ? g_strdup (out->str) : NULL;
}

static void
add_outside (GPtrArray *names, const GPtrArray *patterns, const char *id, char *const apps[2])
{
  for (guint i = 0; i < patterns->len; i++)
    for (guint k = 0; k < 2; k++)
      {
        const PstServiceOwn *own = patterns->pdata[i];
        char *name = own->outside ? fill_in (own->pattern, id, apps[k]) : NULL;

        if (name && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
          g_ptr_array_add (names, name);
        else
          g_free (name);
      }
}

GPtrArray *
pst_services_outside (const PstServices *services, const char *const *modules, const char *id, const char *executable)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  char *apps[2];

  find_apps (id, executable, apps);
  add_outside (names, services->own, id, apps);
  for (; modules && *modules; modules++)
    {
      const PstServiceModule *module = g_hash_table_lookup (services->modules, *modules);

      if (module)
        add_outside (names, module->own, id, apps);
    }
  for (guint k = 0; k < G_N_ELEMENTS (apps); k++)
    g_free (apps[k]);
  return names;
}

/* ---- words ---- */

char *
pst_service_match_title (const PstServiceMatch *match, const char *name)
{
  g_autofree char *shown = NULL;

  if (match->entry)
    return g_strdup (_ (match->entry->title));
  shown = pst_text_for_display (name, 80);
  return g_strdup_printf (_ ("the service “%s”"), shown);
}

const char *
pst_service_match_risk (const PstServiceMatch *match)
{
  return match->entry ? _ (match->entry->risk) : _ ("It is not known what this service can do.");
}

const char *
pst_service_match_icon (const PstServiceMatch *match)
{
  return match->entry ? match->entry->icon : "application-x-addon";
}

/* ---- reading it ---- */

const GPtrArray *
pst_services_entries (const PstServices *services)
{
  return services->entries;
}

const GPtrArray *
pst_services_rules (const PstServices *services)
{
  return services->rules;
}

const GPtrArray *
pst_services_module_rules (const PstServices *services, const char *module)
{
  PstServiceModule *found = g_hash_table_lookup (services->modules, module);

  return found ? found->rules : NULL;
}

/* @rule is the catalogue's, or a module's own. */
static void
add_in_its_place (GPtrArray *out, PstServiceRules *const *layers, gsize n_layers, PstServiceRule *rule)
{
  g_autofree char *key = pst_service_rule_key (rule);

  g_ptr_array_add (out, find_key (layers, n_layers, key));
}

GPtrArray *
pst_services_rules_for (const PstServices *services, const char *const *modules, PstServiceBus bus)
{
  GPtrArray *out = g_ptr_array_new ();

  for (guint i = 0; i < services->rules->len; i++)
    {
      PstServiceRules *layers[MAX_LAYERS];
      PstServiceRule *rule = services->rules->pdata[i];
      const PstServiceEntry *entry = rule->entry;
      g_autofree char *pattern = g_strconcat (entry->name, entry->family ? ".*" : "", NULL);
      PstServiceNode *node;
      gsize n;

      if (!(entry->buses & (1u << bus)))
        continue;
      node = pst_services_node (services, bus, pattern);
      n = layers_of (services, modules, node, layers);
      add_in_its_place (out, layers, n, rule);
      /* With the service as a whole come the messages that only modules speak of: each once, from the first that does. */
      if (entry->part || rule->interface)
        continue;
      for (gsize layer = 0; layer + 1 < n; layer++)
        {
          GHashTableIter iter;
          gpointer key, value;

          g_hash_table_iter_init (&iter, layers[layer]);
          while (g_hash_table_iter_next (&iter, &key, &value))
            {
              gboolean had = g_hash_table_contains (layers[n - 1], key);

              for (gsize before = 0; before < layer; before++)
                had |= g_hash_table_contains (layers[before], key);
              if (!had)
                add_in_its_place (out, layers, n, value);
            }
        }
    }
  return out;
}

gboolean
pst_services_has_part (const PstServices *services, const char *resource)
{
  const char *colon = strchr (resource, ':'), *slash = strchr (resource, '/');
  g_autofree char *word = NULL, *name = NULL;
  PstServiceBus bus;
  PstServiceNode *node;

  if (!colon || !slash || slash < colon)
    return FALSE;
  word = g_strndup (resource, (gsize)(colon - resource));
  name = g_strndup (colon + 1, (gsize)(slash - colon - 1));
  if (!pst_service_bus_from_string (word, &bus) || !(node = find_node (services, bus, name)))
    return FALSE;
  for (guint i = 0; i < services->entries->len; i++)
    {
      const PstServiceEntry *entry = services->entries->pdata[i];

      if (entry->part && (entry->buses & (1u << bus)) && entry->family == node->entry->family &&
          strcmp (entry->name, node->entry->name) == 0 && strcmp (entry->part, slash + 1) == 0)
        return TRUE;
    }
  return FALSE;
}

const char *
pst_services_unknown_module (const PstServices *services, const char *const *modules)
{
  for (; modules && *modules; modules++)
    if (!g_hash_table_contains (services->modules, *modules))
      return *modules;
  return NULL;
}

const char *
pst_services_module_title (const PstServices *services, const char *module)
{
  PstServiceModule *found = g_hash_table_lookup (services->modules, module);

  return found ? found->title : NULL;
}
