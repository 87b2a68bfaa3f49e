/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-rules.h"

#include <string.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "pst-text.h"

#define MAX_NAME 80
#define MAX_PART 64

typedef struct
{
  PstServiceBus bus;
  char *name;
  const char *part; /* (nullable): in name's memory */
} Resource;

static void
resource_clear (Resource *resource)
{
  g_clear_pointer (&resource->name, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Resource, resource_clear)

static gboolean
resource_parse (const char *text, Resource *out)
{
  const char *rest;
  char *slash;

  out->name = NULL;
  out->part = NULL;
  if (g_str_has_prefix (text, "session:"))
    out->bus = PST_SERVICE_BUS_SESSION, rest = text + strlen ("session:");
  else if (g_str_has_prefix (text, "system:"))
    out->bus = PST_SERVICE_BUS_SYSTEM, rest = text + strlen ("system:");
  else
    return FALSE;
  out->name = g_strdup (rest);
  slash = strchr (out->name, '/');
  if (slash)
    {
      *slash = '\0';
      out->part = slash + 1;
      if (!*out->part || strlen (out->part) > MAX_PART)
        return resource_clear (out), FALSE;
      for (const char *p = out->part; *p; p++)
        if (!g_ascii_isalnum (*p) && *p != '-' && *p != '_')
          return resource_clear (out), FALSE;
    }
  if (out->name[0] == ':' || !g_dbus_is_name (out->name))
    return resource_clear (out), FALSE;
  return TRUE;
}

gboolean
pst_bus_rules_is_resource (const char *resource)
{
  g_auto (Resource) parsed = { 0 };

  return resource_parse (resource, &parsed);
}

static const char *const *
modules_of (const PstDecideInput *input)
{
  return input->profile ? pst_profile_get_modules (input->profile) : NULL;
}

static const char *
bus_word (PstServiceBus bus)
{
  return bus == PST_SERVICE_BUS_SYSTEM ? "system" : bus == PST_SERVICE_BUS_A11Y ? "a11y" : "session";
}

/* @name: of the message, which may be of a family in the catalogue. */
static char *
resource_of (PstServiceBus bus, const char *name, const char *part)
{
  return g_strconcat (bus_word (bus), ":", name, part ? "/" : NULL, part, NULL);
}

char *
pst_bus_rules_resource (const PstServices *services, const char *bus, const char *name, const char *interface,
                        const char *member)
{
  PstServiceBus which = strcmp (bus, "system") == 0 ? PST_SERVICE_BUS_SYSTEM : PST_SERVICE_BUS_SESSION;
  PstServiceMatch match = pst_services_lookup (services, NULL, which, name, interface && *interface ? interface : NULL,
                                               member && *member ? member : NULL, PST_SERVICE_TRAIT_ACTIONS);

  return resource_of (which, name, match.entry ? match.entry->part : NULL);
}

/* The person's word on exactly this resource: of several that are in force, the one for the shortest time. */
static PstAnswer
stored_answer (const PstDecideInput *input, const char *resource, PstBusSaid *said)
{
  guint span = G_MAXUINT;

  said->answer = 0;
  for (guint i = 0; input->rules && i < input->rules->len; i++)
    {
      const PstStoredRule *rule = input->rules->pdata[i];
      guint own = pst_lifetime_span (rule->lifetime);

      if (rule->kind != PST_KIND_BUS || strcmp (rule->resource, resource) != 0 ||
          !pst_decide_is_in_force (rule, input->host, input->sandbox, input->now))
        continue;
      if (own < span || (own == span && rule->answer == PST_ANSWER_DENY))
        {
          span = own;
          said->stored = rule;
          said->answer = rule->answer;
        }
    }
  if (said->answer == PST_ANSWER_HIDE || said->answer == PST_ANSWER_PRIVATE)
    said->answer = PST_ANSWER_DENY;
  return said->answer;
}

/* The administrator's word of @tier on exactly this resource. */
static PstAnswer
admin_answer (const PstDecideInput *input, PstTier tier, const char *resource, PstBusSaid *said)
{
  said->answer = 0;
  for (guint i = 0; input->admin && i < input->admin->len; i++)
    {
      const PstAdminRule *rule = input->admin->pdata[i];

      if (rule->kind == PST_KIND_BUS && rule->tier == tier && strcmp (rule->resource, resource) == 0 &&
          said->answer != PST_ANSWER_DENY)
        {
          said->admin = rule;
          said->answer = rule->answer;
        }
    }
  return said->answer;
}

static PstAnswer
tier_answer (const PstDecideInput *input, PstTier tier, const char *resource, PstBusSaid *said)
{
  *said = (PstBusSaid){ .tier = tier };
  return tier == PST_TIER_USER ? stored_answer (input, resource, said) : admin_answer (input, tier, resource, said);
}

/* What is said of a service or its part, by the strongest who says something; answer 0: nobody. */
static PstBusSaid
says (const PstDecideInput *input, PstServiceBus bus, const char *name, const char *part)
{
  static const PstTier tiers[] = { PST_TIER_LOCK, PST_TIER_USER, PST_TIER_DEFAULT };
  g_autofree char *whole = resource_of (bus, name, NULL), *own = part ? resource_of (bus, name, part) : NULL;
  PstBusSaid said = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (tiers); i++)
    {
      PstAnswer of_whole = tier_answer (input, tiers[i], whole, &said);

      if (part && of_whole != PST_ANSWER_DENY)
        tier_answer (input, tiers[i], own, &said);
      if (said.answer != 0)
        return said;
    }
  return (PstBusSaid){ 0 };
}

PstBusSaid
pst_bus_rules_says (const PstDecideInput *input, const char *resource)
{
  g_auto (Resource) parsed = { 0 };

  return resource_parse (resource, &parsed) ? says (input, parsed.bus, parsed.name, parsed.part) : (PstBusSaid){ 0 };
}

static PstAnswer
answer_of (PstServiceVerdict verdict)
{
  switch (verdict)
    {
    case PST_SERVICE_QUIET:
      return PST_ANSWER_ALLOW;
    case PST_SERVICE_ASK:
      return PST_ANSWER_ASK;
    case PST_SERVICE_NEVER:
      return PST_ANSWER_DENY;
    }
  return PST_ANSWER_DENY;
}

/* Does the entry open some messages of a service that is refused as a whole? Then a permission for it is one for these: the
 * program behind it owns other names as well, and takes what is theirs under this one. */
static gboolean
opens_some (const PstServices *services, const PstServiceEntry *entry)
{
  const GPtrArray *rules = pst_services_rules (services);

  for (guint i = 0; i < rules->len; i++)
    {
      const PstServiceRule *rule = rules->pdata[i];

      if (rule->entry == entry && rule->interface && rule->verdict != PST_SERVICE_NEVER)
        return TRUE;
    }
  return FALSE;
}

gboolean
pst_bus_rules_asks_for_some (const PstServices *services, const PstServiceEntry *entry)
{
  const GPtrArray *rules = pst_services_rules (services);

  for (guint i = 0; i < rules->len; i++)
    {
      const PstServiceRule *rule = rules->pdata[i];

      if (rule->entry == entry && rule->interface && rule->verdict == PST_SERVICE_ASK)
        return TRUE;
    }
  return FALSE;
}

gboolean
pst_bus_rules_is_never (const PstServices *services, const char *resource)
{
  g_auto (Resource) parsed = { 0 };
  PstServiceMatch match;

  if (!resource_parse (resource, &parsed))
    return TRUE;
  match = pst_services_lookup (services, NULL, parsed.bus, parsed.name, NULL, NULL, 0);
  return !parsed.part && match.entry && match.verdict == PST_SERVICE_NEVER &&
         !pst_bus_rules_asks_for_some (services, match.entry);
}

/* Where nobody is asked, what would be asked is refused. */
static PstAnswer
unless_quiet (const PstDecideInput *input, PstAnswer answer)
{
  return answer == PST_ANSWER_ASK && input->quiet ? PST_ANSWER_DENY : answer;
}

PstAnswer
pst_bus_rules_decide (const PstDecideInput *input, const PstServices *services, const char *resource)
{
  g_auto (Resource) parsed = { 0 };
  PstBusSaid said;

  if (!resource_parse (resource, &parsed))
    return PST_ANSWER_DENY;
  said = says (input, parsed.bus, parsed.name, parsed.part);
  if (said.answer != 0 && !(said.answer == PST_ANSWER_ALLOW && said.tier == PST_TIER_DEFAULT))
    return unless_quiet (input, said.answer);
  /* What is asked for is not allowed quietly: the proxy would not have asked. So the catalogue can only refuse. */
  if (!parsed.part)
    {
      PstServiceMatch match = pst_services_lookup (services, modules_of (input), parsed.bus, parsed.name, NULL, NULL, 0);

      if (match.entry && match.verdict == PST_SERVICE_NEVER && !pst_bus_rules_asks_for_some (services, match.entry))
        return PST_ANSWER_DENY;
    }
  return said.answer == PST_ANSWER_ALLOW ? PST_ANSWER_ALLOW : unless_quiet (input, PST_ANSWER_ASK);
}

PstAnswer
pst_bus_rules_effective (const PstDecideInput *input, const PstServices *services, const char *resource)
{
  PstAnswer answer = pst_bus_rules_decide (input, services, resource);
  g_auto (Resource) parsed = { 0 };
  PstServiceMatch match;

  if (answer != PST_ANSWER_ASK || !resource_parse (resource, &parsed) || parsed.part ||
      says (input, parsed.bus, parsed.name, NULL).answer != 0)
    return answer;
  match = pst_services_lookup (services, modules_of (input), parsed.bus, parsed.name, NULL, NULL, 0);
  /* of what is refused as a whole, some is asked for */
  return match.entry && match.verdict == PST_SERVICE_QUIET ? PST_ANSWER_ALLOW : answer;
}

static const char *
answer_word (PstAnswer answer)
{
  return answer == PST_ANSWER_ALLOW ? "allow" : answer == PST_ANSWER_ASK ? "ask" : "deny";
}

/* @stored: (nullable): by which it is allowed. */
static void
add_line (GString *out, PstServiceBus bus, const char *name, gboolean family, const PstServiceRule *rule, PstAnswer answer,
          const PstStoredRule *stored)
{
  g_string_append_printf (out, "%s %s%s %s %s%s%s%s %s", bus_word (bus), name, family ? ".*" : "",
                          rule && rule->interface ? rule->interface : "*", rule && rule->member ? rule->member : "*",
                          rule && rule->with_actions ? "!" : "", rule && rule->path ? "@" : "",
                          rule && rule->path ? rule->path : "", answer_word (answer));
  if (stored && stored->id && answer == PST_ANSWER_ALLOW)
    g_string_append_printf (out, " %" G_GUINT64_FORMAT, stored->id);
  g_string_append_c (out, '\n');
}

/* A permission opens what would be asked, what is not asked about without it, or what only the manager and a lock can open, as
 * a whole; never an exception that is refused within a service. */
PstAnswer
pst_bus_rules_combine (const PstServices *services, const PstBusSaid *said, const PstServiceMatch *match)
{
  PstAnswer catalogue = answer_of (match->verdict);
  gboolean whole = !match->rule || (!match->rule->interface && !match->rule->member);

  if (said->answer == PST_ANSWER_DENY || (said->answer == PST_ANSWER_ASK && catalogue == PST_ANSWER_ALLOW))
    return said->answer;
  if (said->answer == PST_ANSWER_ALLOW &&
      (catalogue == PST_ANSWER_ASK || (match->rule && match->rule->unasked) ||
       (said->tier != PST_TIER_DEFAULT && whole && !(match->entry && opens_some (services, match->entry)))))
    return said->answer;
  return catalogue;
}

/* A rule of the catalogue for @name, which is its entry's name or one of the entry's family that somebody has a rule for. */
static void
add_rule (GString *out, const PstDecideInput *input, const PstServices *services, const PstServiceRule *rule, PstServiceBus bus,
          const char *name, gboolean family)
{
  PstBusSaid said = says (input, bus, name, rule->entry->part);
  PstServiceMatch match = { .verdict = rule->verdict, .entry = rule->entry, .rule = rule };

  add_line (out, bus, name, family, rule, pst_bus_rules_combine (services, &said, &match),
            answer_of (rule->verdict) != PST_ANSWER_ALLOW ? said.stored : NULL);
}

/* One name that somebody has spoken of, and that has no node of its own in the catalogue. */
static void
add_other (GString *out, const PstDecideInput *input, const PstServices *services, const Resource *name)
{
  g_autoptr (GPtrArray) rules = NULL;
  PstServiceMatch match = pst_services_lookup (services, NULL, name->bus, name->name, NULL, NULL, 0);

  if (match.entry && !match.entry->family)
    return;
  if (!match.entry)
    {
      PstBusSaid said = says (input, name->bus, name->name, NULL);

      if (said.answer != 0)
        add_line (out, name->bus, name->name, FALSE, NULL, said.answer, said.stored);
      return;
    }
  rules = pst_services_rules_for (services, modules_of (input), name->bus);
  for (guint i = 0; i < rules->len; i++)
    {
      const PstServiceRule *rule = rules->pdata[i];

      if (rule->entry->family && strcmp (rule->entry->name, match.entry->name) == 0)
        add_rule (out, input, services, rule, name->bus, name->name, FALSE);
    }
}

/* Names of which somebody has said something, and that have no node of their own in the catalogue: they are of a family, or
 * unknown. */
static void
add_others (GString *out, const PstDecideInput *input, const PstServices *services)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n_rules = input->rules ? input->rules->len : 0, n_admin = input->admin ? input->admin->len : 0;

  for (guint i = 0; i < n_rules + n_admin; i++)
    {
      const PstStoredRule *stored = i < n_rules ? input->rules->pdata[i] : NULL;
      const PstAdminRule *admin = stored ? NULL : input->admin->pdata[i - n_rules];
      g_auto (Resource) parsed = { 0 };

      if ((stored ? stored->kind : admin->kind) == PST_KIND_BUS &&
          resource_parse (stored ? stored->resource : admin->resource, &parsed) &&
          g_hash_table_add (seen, resource_of (parsed.bus, parsed.name, NULL)))
        add_other (out, input, services, &parsed);
    }
}

char *
pst_bus_rules_compile (const PstDecideInput *input, const PstServices *services, const char *executable)
{
  static const PstServiceBus buses[] = { PST_SERVICE_BUS_SESSION, PST_SERVICE_BUS_SYSTEM, PST_SERVICE_BUS_A11Y };
  g_autoptr (GPtrArray) outside = pst_services_outside (services, modules_of (input), input->app, executable);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < outside->len; i++)
    g_string_append_printf (out, "own session %s\n", (const char *)outside->pdata[i]);
  for (gsize k = 0; k < G_N_ELEMENTS (buses); k++)
    {
      g_autoptr (GPtrArray) rules = pst_services_rules_for (services, modules_of (input), buses[k]);

      for (guint i = 0; i < rules->len; i++)
        {
          const PstServiceRule *rule = rules->pdata[i];

          add_rule (out, input, services, rule, buses[k], rule->entry->name, rule->entry->family);
        }
    }
  add_others (out, input, services);
  return g_string_free (out, FALSE);
}

/* "PasswordsAndKeys"-like words of the application are shown only in what it tried. */
static char *
intent_of (const char *interface, const char *member)
{
  g_autofree char *safe_member = pst_text_for_display (member, MAX_NAME),
                  *safe_interface = pst_text_for_display (interface, MAX_NAME);

  if (strcmp (interface, "org.freedesktop.DBus") == 0 && strcmp (member, "StartServiceByName") == 0)
    return g_strdup (_ ("It tried to start it."));
  if (!*safe_member)
    return g_strdup ("");
  if (!*safe_interface)
    return g_strdup_printf (_ ("It tried to call %s."), safe_member);
  return g_strdup_printf (_ ("It tried to call %s of %s."), safe_member, safe_interface);
}

PstOffer *
pst_bus_rules_offer (const PstServices *services, const char *app_name, const char *resource, const char *interface,
                     const char *member)
{
  g_autofree char *app = pst_text_for_display (app_name, MAX_NAME), *title = NULL, *intent = intent_of (interface, member);
  g_auto (Resource) parsed = { 0 };
  PstOfferScope *scope;
  PstServiceMatch match;
  PstOffer *offer;
  const char *risk;

  if (!resource_parse (resource, &parsed))
    return NULL;
  match = pst_services_lookup (services, NULL, parsed.bus, parsed.name, parsed.part && *interface ? interface : NULL,
                               parsed.part && *member ? member : NULL, PST_SERVICE_TRAIT_ACTIONS);
  title = pst_service_match_title (&match, parsed.name);
  risk = pst_service_match_risk (&match);

  offer = g_new0 (PstOffer, 1);
  offer->base = g_strdup (resource);
  offer->scopes = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_offer_scope_free);
  scope = g_new0 (PstOfferScope, 1);
  scope->kind = PST_OFFER_SERVICE;
  scope->path = g_strdup (resource);
  scope->scope = PST_SCOPE_FILE;
  scope->label = g_strdup (title);
  g_ptr_array_add (offer->scopes, scope);
  offer->accesses[0] = (PstOfferAccess){ PST_ACCESS_TALK, _ ("Use") };
  offer->n_accesses = 1;
  offer->titles = g_new0 (char *, 2);
  offer->titles[0] = g_strdup_printf (_ ("Allow “%s” to use %s?"), app, title);
  offer->intent = risk && *risk ? g_strdup_printf ("%s%s%s", risk, *intent ? " " : "", intent) : g_steal_pointer (&intent);
  offer->resource = g_strdup (resource);
  offer->warning = g_strdup ("");
  return offer;
}
