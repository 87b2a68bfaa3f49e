/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The catalogue of D-Bus services: what a name is called before a person, and what is decided about it before any rule is.
 * Read from data/services/ (the format: docs/services.md); immutable afterwards. */
typedef struct _PstServices PstServices;

/* The numbers may travel in messages: never renumber. */
typedef enum
{
  PST_SERVICE_BUS_SESSION = 1,
  PST_SERVICE_BUS_SYSTEM = 2,
  PST_SERVICE_BUS_A11Y = 3,
} PstServiceBus;

/* In the order of strictness: of two, the greater one is the stricter. */
typedef enum
{
  PST_SERVICE_QUIET = 1, /* allowed without a question */
  PST_SERVICE_ASK = 2,
  PST_SERVICE_NEVER = 3, /* denied without a question; only the manager can allow it */
} PstServiceVerdict;

/* A service, or a part of one that is a question of its own: a grant for the service does not cover it. */
typedef struct
{
  guint buses;                     /* 1 << PstServiceBus */
  const char *name;                /* "org.gtk.vfs", without the ".*" of a family */
  gboolean family;                 /* also for every name below */
  const char *part;                /* (nullable): NULL for the service as a whole */
  const char *title, *icon, *risk; /* as written, untranslated; what is shown: pst_service_match_title() … */
  PstServiceVerdict verdict;
  PstServiceVerdict own; /* what is said to an application that wants to be this service */
} PstServiceEntry;

/* One line of the catalogue, for compiling it: @entry's name, and of that the messages. */
typedef struct
{
  const PstServiceEntry *entry;
  const char *interface; /* (nullable): any */
  const char *member;    /* (nullable): any */
  const char *path;      /* (nullable): any object; set for quiet ones only */
  gboolean with_actions; /* only a notification that has buttons */
  gboolean unasked;      /* denied without a question as long as the service is not allowed, and allowed with it */
  PstServiceVerdict verdict;
} PstServiceRule;

typedef struct
{
  PstServiceVerdict verdict;
  const PstServiceEntry *entry; /* (nullable): NULL, no such name in the catalogue. Whose title a question has, and what a grant
                                 * is for: the service, or a part of it */
  const PstServiceRule *rule;   /* (nullable): the line that decides */
} PstServiceMatch;

/* What is known of a message beyond its header. Who cannot look says all of them: that is the stricter answer. */
typedef enum
{
  PST_SERVICE_TRAIT_ACTIONS = 1 << 0, /* a notification with buttons */
} PstServiceTraits;

PstServices *pst_services_new (void);
void pst_services_free (PstServices *services);

/* Adds a file's text; @label names it in messages. After an error @services is only good for being freed. */
gboolean pst_services_add (PstServices *services, const char *data, gsize size, const char *label, GError **error);
/* To be called once, after the last file: what modules say is checked against the services of all files. */
gboolean pst_services_seal (PstServices *services, GError **error);
/* All of it from the *.conf files of these directories, most important first: of two files of one name the first counts. */
PstServices *pst_services_load (const char *const *directories, GError **error);

/* @modules: (nullable): what the application's profile names; names that are no modules add nothing.
 * @interface, @member: (nullable): the name as a whole without @member. A call without an interface is judged as the strictest
 * of those that it may be taken for. */
PstServiceMatch pst_services_lookup (const PstServices *services, const char *const *modules, PstServiceBus bus,
                                     const char *name, const char *interface, const char *member, PstServiceTraits traits);

/* May @name be seen (GetNameOwner) and started (StartServiceByName)? As far as anything at all may be said to it: a proxy
 * object starts its service before it is known which method will be called. */
PstServiceVerdict
pst_services_lookup_start (const PstServices *services, const char *const *modules, PstServiceBus bus, const char *name);

/* May the application @id (a desktop file's id, or the path of its executable), started as @executable (nullable), be @name? */
PstServiceVerdict pst_services_lookup_own (const PstServices *services, const char *const *modules, PstServiceBus bus,
                                           const char *id, const char *executable, const char *name);

/* The names of the session bus that the application owns in truth, so that programs outside find it there. "{number}" and ".*"
 * at the end are left in them; what stands before is a valid name, which may be spelt in either case. (transfer full)
 * (element-type utf8) */
GPtrArray *
pst_services_outside (const PstServices *services, const char *const *modules, const char *id, const char *executable);

/* In the person's language, of @name if nothing is known: "Passwords and keys", "the service “org.foo.Bar”". (transfer full) */
char *pst_service_match_title (const PstServiceMatch *match, const char *name);
const char *pst_service_match_risk (const PstServiceMatch *match);
const char *pst_service_match_icon (const PstServiceMatch *match);

/* Every entry, parts included, and every rule: (transfer none) (element-type PstServiceEntry), PstServiceRule. */
const GPtrArray *pst_services_entries (const PstServices *services);
const GPtrArray *pst_services_rules (const PstServices *services);
/* The rules of a module, NULL if there is none. They come before a rule of the catalogue that is as specific. */
const GPtrArray *pst_services_module_rules (const PstServices *services, const char *module);
/* The rules that hold on @bus for an application whose profile names @modules (nullable): a module's in the place of the
 * catalogue's for the same messages, of two modules' the stricter. (transfer container) (element-type PstServiceRule) */
GPtrArray *pst_services_rules_for (const PstServices *services, const char *const *modules, PstServiceBus bus);
/* "session:NAME/PART": has the catalogue such a part? */
gboolean pst_services_has_part (const PstServices *services, const char *resource);
/* The first of @modules that is none; NULL: all are. */
const char *pst_services_unknown_module (const PstServices *services, const char *const *modules);
/* (nullable): untranslated, as written. */
const char *pst_services_module_title (const PstServices *services, const char *module);

gboolean pst_service_verdict_from_string (const char *word, PstServiceVerdict *out);
gboolean pst_service_bus_from_string (const char *word, PstServiceBus *out);

#define PST_SERVICES_ERROR (pst_services_error_quark ())
GQuark pst_services_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstServices, pst_services_free)

G_END_DECLS
