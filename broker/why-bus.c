/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "why-bus.h"

#include <string.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "pst-text.h"

/* What is asked about, taken apart. */
typedef struct
{
  PstServiceBus bus;
  char *name, *interface, *member; /* the last two (nullable) */
  char *resource;                  /* what rules about it are for: the service or a part */
  PstServiceMatch match;
} Subject;

static void
subject_clear (Subject *subject)
{
  g_free (subject->name);
  g_free (subject->interface);
  g_free (subject->member);
  g_free (subject->resource);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Subject, subject_clear)

static const char *const *
modules_of (const PstDecideInput *input)
{
  return input->profile ? pst_profile_get_modules (input->profile) : NULL;
}

/* The entry of a part, and its first line: every line of a part has the same verdict, unless a module has another for it. */
static gboolean
find_part (const PstServices *services, const char *const *modules, Subject *subject, const char *part)
{
  g_autoptr (GPtrArray) rules = pst_services_rules_for (services, modules, subject->bus);
  PstServiceMatch whole = pst_services_lookup (services, modules, subject->bus, subject->name, NULL, NULL, 0);

  for (guint i = 0; whole.entry && i < rules->len; i++)
    {
      const PstServiceRule *rule = rules->pdata[i];

      if (rule->entry->family == whole.entry->family && strcmp (rule->entry->name, whole.entry->name) == 0 &&
          g_strcmp0 (rule->entry->part, part) == 0)
        {
          subject->match = (PstServiceMatch){ rule->verdict, rule->entry, rule };
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
subject_parse (const PstServices *services, const char *const *modules, const char *what, Subject *subject)
{
  const char *colon = strchr (what, ':'), *slash = strchr (what, '/'), *dot = slash ? strrchr (slash, '.') : NULL;
  g_autofree char *whole = slash ? g_strndup (what, (gsize)(slash - what)) : g_strdup (what);

  if (!colon || !pst_bus_rules_is_resource (whole))
    return FALSE;
  subject->bus = g_str_has_prefix (what, "system:") ? PST_SERVICE_BUS_SYSTEM : PST_SERVICE_BUS_SESSION;
  subject->name = g_strdup (whole + (colon - what) + 1);
  if (slash && !dot)
    {
      subject->resource = g_strdup (what);
      return pst_bus_rules_is_resource (what) && find_part (services, modules, subject, slash + 1);
    }
  if (slash)
    {
      subject->interface = g_strndup (slash + 1, (gsize)(dot - slash - 1));
      subject->member = g_strdup (dot + 1);
      if (!g_dbus_is_interface_name (subject->interface) || !g_dbus_is_member_name (subject->member))
        return FALSE;
    }
  subject->match = pst_services_lookup (services, modules, subject->bus, subject->name, subject->interface, subject->member,
                                        PST_SERVICE_TRAIT_ACTIONS);
  if (!subject->interface && subject->match.entry && subject->match.verdict == PST_SERVICE_NEVER &&
      pst_bus_rules_asks_for_some (services, subject->match.entry))
    subject->match.verdict = PST_SERVICE_ASK;
  subject->resource = subject->match.entry && subject->match.entry->part
                          ? g_strconcat (whole, "/", subject->match.entry->part, NULL)
                          : g_strdup (whole);
  return TRUE;
}

static void add_sentence (GString *text, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
add_sentence (GString *text, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (text, format, args);
  va_end (args);
  g_string_append_c (text, '\n');
}

static void
add_answer (GString *text, PstAnswer answer)
{
  if (answer == PST_ANSWER_ALLOW)
    add_sentence (text, _ ("It is allowed."));
  else if (answer == PST_ANSWER_ASK)
    add_sentence (text, _ ("You would be asked."));
  else
    add_sentence (text, _ ("It is denied: the application gets “access denied”."));
}

static void
add_who (GString *text, const PstBusSaid *said)
{
  if (said->stored)
    {
      g_autoptr (GDateTime) created = g_date_time_new_from_unix_local (said->stored->created);
      g_autofree char *date = created ? g_date_time_format (created, "%F %H:%M") : g_strdup ("?");

      add_sentence (text, _ ("Your rule decides: %s %s."), pst_answer_to_string (said->stored->answer), said->stored->resource);
      add_sentence (text, _ ("It is rule %llu, made %s, lifetime: %s."), (unsigned long long)said->stored->id, date,
                    pst_lifetime_to_string (said->stored->lifetime));
      return;
    }
  if (said->tier == PST_TIER_LOCK)
    add_sentence (text, _ ("The administrator’s lock decides: %s %s."), pst_answer_to_string (said->admin->answer),
                  said->admin->resource);
  else
    add_sentence (text, _ ("The administrator’s default decides, which you may change: %s %s."),
                  pst_answer_to_string (said->admin->answer), said->admin->resource);
  add_sentence (text, _ ("It stands in %s, line %u."), said->admin->source, said->admin->line);
}

/* The module whose line decides; NULL: the catalogue's own does. */
static const char *
deciding_module (const PstDecideInput *input, const PstServices *services, const PstServiceRule *rule)
{
  for (const char *const *module = modules_of (input); rule && module && *module; module++)
    {
      const GPtrArray *rules = pst_services_module_rules (services, *module);

      for (guint i = 0; rules && i < rules->len; i++)
        if (rules->pdata[i] == rule)
          return *module;
    }
  return NULL;
}

static void
add_catalogue (GString *text, const PstDecideInput *input, const PstServices *services, const Subject *subject)
{
  g_autofree char *title = pst_service_match_title (&subject->match, subject->name);
  const char *module = deciding_module (input, services, subject->match.rule);

  if (!subject->match.entry)
    {
      add_sentence (text, _ ("No rule speaks about it, and the catalogue does not have it: such services are asked about."));
      return;
    }
  if (module)
    {
      const char *file = pst_profile_get_file (input->profile), *name = pst_services_module_title (services, module);

      add_sentence (text, _ ("No rule speaks about it. Its profile says that it is one of “%s” (%s)%s%s: for those, %s is %s."),
                    name ? _ (name) : module, module, file ? ", " : "", file ? file : "", title,
                    subject->match.verdict == PST_SERVICE_QUIET ? _ ("let through without a question")
                    : subject->match.verdict == PST_SERVICE_ASK ? _ ("asked about")
                                                                : _ ("denied without a question"));
      return;
    }
  switch (subject->match.verdict)
    {
    case PST_SERVICE_QUIET:
      add_sentence (text, _ ("No rule speaks about it. The catalogue decides: %s is let through without a question."), title);
      break;
    case PST_SERVICE_ASK:
      add_sentence (text, _ ("No rule speaks about it. The catalogue decides: %s is asked about."), title);
      break;
    case PST_SERVICE_NEVER:
      add_sentence (text,
                    _ ("The catalogue decides: %s is denied without a question; only you, by a rule of your own, or an "
                       "administrator’s lock can allow it."),
                    title);
      break;
    }
}

static const char *
bus_is_left_out (const PstDecideInput *input)
{
  return input->profile && !pst_profile_get_bus (input->profile) ? pst_profile_get_file (input->profile) : NULL;
}

char *
pst_why_bus (const PstDecideInput *input, const PstServices *services, const char *what, PstAnswer *answer, guint64 *rule)
{
  g_auto (Subject) subject = { 0 };
  GString *text;
  PstBusSaid said;
  PstAnswer alone;

  if (!subject_parse (services, modules_of (input), what, &subject))
    return NULL;
  said = pst_bus_rules_says (input, subject.resource);
  *answer = pst_bus_rules_combine (services, &said, &subject.match);
  alone = pst_bus_rules_combine (services, &(PstBusSaid){ 0 }, &subject.match);
  *rule = 0;

  text = g_string_new (NULL);
  if (*answer == PST_ANSWER_ASK && input->locked)
    add_sentence (text, _ ("It is denied: nothing is asked for this application, and what no rule allows is refused."));
  else
    add_answer (text, *answer);
  if (subject.match.entry && subject.match.entry->part)
    {
      g_autofree char *title = pst_service_match_title (&subject.match, subject.name);

      add_sentence (text, _ ("It is a question of its own, %s (%s): a permission for the service does not include it."), title,
                    subject.resource);
    }
  /* A word that changes nothing here has not decided: say who has. */
  if (said.answer != 0 && (*answer == said.answer && (*answer != alone || said.tier == PST_TIER_LOCK || said.stored)))
    {
      add_who (text, &said);
      *rule = said.stored ? said.stored->id : 0;
    }
  else
    {
      add_catalogue (text, input, services, &subject);
      if (said.answer == PST_ANSWER_ALLOW && *answer == PST_ANSWER_DENY)
        add_sentence (text, said.tier == PST_TIER_DEFAULT ? _ ("An administrator’s default that allows it does not reach it.")
                                                          : _ ("A permission for the service does not reach this message."));
    }
  if (subject.match.entry && *answer != PST_ANSWER_DENY)
    add_sentence (text, "%s", pst_service_match_risk (&subject.match));
  if (*answer == PST_ANSWER_ASK && input->locked)
    *answer = PST_ANSWER_DENY;
  if (bus_is_left_out (input))
    add_sentence (text, _ ("Its profile, %s, leaves the message buses out, so that nothing gets there at all."),
                  bus_is_left_out (input));
  return g_string_free (text, FALSE);
}
