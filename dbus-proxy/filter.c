/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter.h"

#include "catalogue.h"
#include "notification.h"

#include <string.h>

#define BUS "org.freedesktop.DBus"
#define ATSPI "org.a11y.atspi."

/* How each method of the bus is judged. What is not in the list does not pass. */
typedef enum
{
  METHOD_PASS,
  METHOD_HELLO,
  METHOD_MATCH,
  METHOD_UNMATCH,
  METHOD_LIST,
  METHOD_GET_OWNER,
  METHOD_HAS_OWNER,
  METHOD_SEE,
  METHOD_TALK,
  METHOD_OWN,
  METHOD_DENY,
} Method;

static const struct
{
  const char *member;
  Method method;
} methods[] = {
  { "AddMatch", METHOD_MATCH },
  { "GetAdtAuditSessionData", METHOD_SEE },
  { "GetConnectionCredentials", METHOD_SEE },
  { "GetConnectionSELinuxSecurityContext", METHOD_SEE },
  { "GetConnectionUnixProcessID", METHOD_SEE },
  { "GetConnectionUnixUser", METHOD_SEE },
  { "GetId", METHOD_PASS },
  { "GetNameOwner", METHOD_GET_OWNER },
  { "Hello", METHOD_HELLO },
  { "ListActivatableNames", METHOD_LIST },
  { "ListNames", METHOD_LIST },
  { "ListQueuedOwners", METHOD_OWN },
  { "NameHasOwner", METHOD_HAS_OWNER },
  { "ReleaseName", METHOD_OWN },
  { "RemoveMatch", METHOD_UNMATCH },
  { "RequestName", METHOD_OWN },
  { "StartServiceByName", METHOD_TALK },
};

/* The daemon skips white space between a key and its '='; and what is inside a value is refused as well, rather than parsed as
 * cleverly as it does. */
gboolean
pst_filter_is_eavesdrop (const char *rule)
{
  while ((rule = strstr (rule, "eavesdrop")) != NULL)
    {
      rule += strlen ("eavesdrop");
      if (rule[strspn (rule, " \t\r\n")] == '=')
        return TRUE;
    }
  return FALSE;
}

/* Values can be quoted piecemeal, and keys put in any order, but a key is written as it is; only the number behind "arg" may be
 * written with zeroes before it. Hardly any library makes a rule with both keys, and if it does, it keeps it. */
gboolean
pst_filter_is_watch (const char *rule)
{
  if (strstr (rule, "path_namespace") == NULL)
    return FALSE;
  for (const char *key = strstr (rule, "arg"); key != NULL; key = strstr (key + 1, "arg"))
    if (key == rule || strchr (", \t\r\n", key[-1]) != NULL)
      return TRUE;
  return FALSE;
}

/* @lax: a call without an interface is what the bus takes it for, the method of that name in its own. dbus-python calls that
 * way (Terminator takes its name so); for an application that is not asked about, as xdg-dbus-proxy has it, it is refused. */
static Method
find_method (const PstHeader *header, gboolean lax)
{
  const char *interface = header->interface != NULL || !lax ? header->interface : BUS;

  if (interface == NULL)
    return METHOD_DENY;
  if (strcmp (interface, BUS ".Introspectable") == 0)
    return METHOD_PASS;
  /* Without a destination, a call is for who is at the other end of the line, and that answers to this in any case. */
  if (header->destination == NULL && strcmp (interface, BUS ".Peer") == 0)
    return METHOD_PASS;
  if (strcmp (interface, BUS) != 0)
    return METHOD_DENY;
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].member, header->member) == 0)
      return methods[i].method;
  return METHOD_DENY;
}

static PstBusVerdict
decide_name_argument (const PstBusCase *what, Method method, const char **ask_name)
{
  PstBusLevel need = method == METHOD_OWN ? PST_BUS_OWN : method == METHOD_TALK ? PST_BUS_TALK : PST_BUS_SEE;
  PstBusMatch match = { 0 };

  if (what->policy->by_catalogue && method == METHOD_OWN)
    {
      if (strcmp (what->header->member, "ListQueuedOwners") == 0 || what->arg == NULL || what->arg[0] == ':' ||
          !pst_bus_name_is_valid (what->arg, strlen (what->arg)))
        return PST_BUS_DENY;
      return pst_catalogue_is_outside (what->policy, what->arg) ? PST_BUS_OWN_OUTSIDE : PST_BUS_SAY_OWNED;
    }
  if (what->arg != NULL && pst_bus_name_is_valid (what->arg, strlen (what->arg)))
    pst_names_match (what->names, what->policy, what->arg, NULL, &match);
  if (match.level >= need)
    return PST_BUS_PASS;
  /* It runs, and is seen to: the call does nothing. Libraries make it before they know whether they want anything. */
  if (what->policy->by_catalogue && method == METHOD_TALK && match.level >= PST_BUS_SEE &&
      pst_names_has_owner (what->names, what->arg))
    return PST_BUS_SAY_RUNS;
  if (method == METHOD_GET_OWNER)
    return PST_BUS_NO_OWNER;
  if (method == METHOD_HAS_OWNER)
    return PST_BUS_SAY_FALSE;
  if (method == METHOD_TALK && match.ask_name != NULL && !match.denied)
    {
      *ask_name = match.ask_name;
      return PST_BUS_ASK;
    }
  return match.level >= PST_BUS_SEE || match.denied ? PST_BUS_DENY : PST_BUS_HIDE;
}

static PstBusVerdict
decide_bus_call (const PstBusCase *what, const char **ask_name)
{
  Method method = find_method (what->header, what->policy->by_catalogue);

  switch (method)
    {
    case METHOD_PASS:
      return PST_BUS_PASS;
    case METHOD_HELLO:
      return PST_BUS_HELLO;
    case METHOD_LIST:
      return PST_BUS_LIST;
    case METHOD_DENY:
      return PST_BUS_DENY;
    case METHOD_MATCH:
      if (!what->have_body)
        return PST_BUS_NEED_BODY;
      return what->arg == NULL || pst_filter_is_eavesdrop (what->arg) ? PST_BUS_DENY : PST_BUS_ADD_MATCH;
    case METHOD_UNMATCH:
      if (!what->have_body)
        return PST_BUS_NEED_BODY;
      return what->arg != NULL && pst_filter_is_watch (what->arg) ? PST_BUS_SAY_DONE : PST_BUS_REMOVE_MATCH;
    default:
      if (!what->have_body)
        return PST_BUS_NEED_BODY;
      return decide_name_argument (what, method, ask_name);
    }
}

/* Is what the application says there about itself? Of a member that lists an object, its first string is whose object it is. */
static PstBusVerdict
is_own_object (const PstBusCase *what, PstBusVerdict otherwise)
{
  if (!what->have_body)
    return PST_BUS_NEED_BODY;
  return what->arg != NULL && strcmp (what->arg, pst_names_get_self (what->names)) == 0 ? PST_BUS_PASS : otherwise;
}

/* A broadcast on the accessibility bus: what happens in its windows, and which objects it has. Assistive programs take others
 * by their interface, whoever sends them: NameOwnerChanged above all, which would end another application for them. */
static PstBusVerdict
decide_accessible_signal (const PstBusCase *what)
{
  const char *interface = what->header->interface;

  if (strcmp (interface, ATSPI "Cache") == 0)
    return is_own_object (what, PST_BUS_DROP);
  /* The mouse and the keyboard are the registry's to speak of. */
  if (strcmp (interface, ATSPI "Event.Mouse") == 0 || strcmp (interface, ATSPI "Event.Keyboard") == 0)
    return PST_BUS_DROP;
  return g_str_has_prefix (interface, ATSPI "Event.") ? PST_BUS_PASS : PST_BUS_DROP;
}

static PstBusVerdict
decide_from_client (const PstBusCase *what, const char **ask_name)
{
  const PstHeader *header = what->header;
  PstBusQuery query = { PST_BUS_CALLS, header->path, header->interface, header->member, what->have_body && what->no_actions };
  PstBusMatch match = { 0 };

  if (header->destination == NULL && header->type == PST_MESSAGE_SIGNAL)
    return what->policy->accessibility ? decide_accessible_signal (what) : PST_BUS_PASS;
  if (header->destination == NULL || strcmp (header->destination, BUS) == 0)
    return header->type == PST_MESSAGE_CALL ? decide_bus_call (what, ask_name) : PST_BUS_DENY;

  /* Outside it is elsewhere, and out of reach. */
  if (what->policy->address != NULL && header->type == PST_MESSAGE_CALL && strcmp (header->destination, "org.a11y.Bus") == 0 &&
      g_strcmp0 (header->interface, "org.a11y.Bus") == 0 && strcmp (header->member, "GetAddress") == 0)
    return PST_BUS_SAY_ADDRESS;

  if (what->policy->by_catalogue && !what->have_body && pst_notification_is_readable (header))
    return PST_BUS_NEED_BODY;
  pst_names_match (what->names, what->policy, header->destination, &query, &match);
  if (match.level == PST_BUS_OWN || (match.matched && match.level >= PST_BUS_TALK))
    {
      if (what->policy->by_catalogue && header->destination[0] != ':' && !pst_names_is_known (what->names, header->destination))
        return PST_BUS_WATCH;
      if (what->used != NULL)
        *what->used = match.number;
      /* Embed and Unembed name the application that is to be entered or struck out; anybody may name anybody. */
      return what->policy->accessibility && g_strcmp0 (header->interface, ATSPI "Socket") == 0
                 ? is_own_object (what, PST_BUS_DENY)
                 : PST_BUS_PASS;
    }
  if (match.ask_name != NULL && !match.denied)
    {
      *ask_name = match.ask_name;
      return PST_BUS_ASK;
    }
  return match.level >= PST_BUS_SEE || match.denied ? PST_BUS_DENY : PST_BUS_HIDE;
}

static PstBusVerdict
decide_from_bus (const PstBusCase *what)
{
  const PstHeader *header = what->header;
  PstBusQuery query = { PST_BUS_BROADCASTS, header->path, header->interface, header->member };
  PstBusMatch match = { 0 };

  /* libatspi connects to whatever address it is told, and one can name a program to start ("unixexec:"). */
  if (what->policy->accessibility && header->type == PST_MESSAGE_CALL &&
      strcmp (header->member, "GetApplicationBusAddress") == 0)
    return PST_BUS_SAY_NOTHING;
  if (header->type != PST_MESSAGE_SIGNAL)
    return PST_BUS_PASS;
  if (g_strcmp0 (header->sender, BUS) == 0 && strcmp (header->interface, BUS) == 0 &&
      strcmp (header->member, "NameOwnerChanged") == 0)
    {
      PstBusMatch subject = { 0 };

      if (!what->have_body)
        return PST_BUS_NEED_BODY;
      if (what->arg == NULL)
        return PST_BUS_DROP;
      pst_names_match (what->names, what->policy, what->arg, NULL, &subject);
      if (subject.level < PST_BUS_SEE && !(what->policy->sloppy_names && what->arg[0] == ':'))
        return PST_BUS_DROP;
    }
  if (header->destination != NULL)
    return PST_BUS_PASS;
  /* what has no sender, the daemon itself sends */
  pst_names_match (what->names, what->policy, header->sender != NULL ? header->sender : BUS, &query, &match);
  return match.level == PST_BUS_OWN || match.matched ? PST_BUS_PASS : PST_BUS_DROP;
}

PstBusVerdict
pst_filter_decide (const PstBusCase *what, const char **ask_name)
{
  *ask_name = NULL;
  if (!what->policy->filter)
    return PST_BUS_PASS;
  if (what->header->reply_serial != 0)
    return what->is_expected ? PST_BUS_PASS : PST_BUS_DROP;
  return what->from_bus ? decide_from_bus (what) : decide_from_client (what, ask_name);
}
