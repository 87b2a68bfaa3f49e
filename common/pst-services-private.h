/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-services.h"

G_BEGIN_DECLS

/* The tables behind the catalogue, shared by what fills them (pst-services-parse.c) and what reads them (pst-services.c). */

/* "org.foo.Bar.Baz", "org.foo.Bar.*" or "*", each perhaps with "@/an/object" and "!" behind it for messages with actions →
 * PstServiceRule (not owned) */
typedef GHashTable PstServiceRules;

/* What stands under one name on one bus. */
typedef struct
{
  PstServiceEntry *entry;
  PstServiceRules *rules;
} PstServiceNode;

typedef struct
{
  char *pattern; /* "{id}.*", "org.mpris.MediaPlayer2.{app}.*" */
  PstServiceVerdict verdict;
  gboolean outside; /* owned in truth, and not only in appearance */
} PstServiceOwn;

/* A line of a module, until the catalogue is sealed. */
typedef struct
{
  char *label;
  guint line;
  char *key;
  PstServiceVerdict verdict;
} PstServiceModuleLine;

typedef struct
{
  char *title;
  GPtrArray *lines;    /* of PstServiceModuleLine */
  GPtrArray *own;      /* of PstServiceOwn */
  GPtrArray *rules;    /* of PstServiceRule (not owned) */
  GHashTable *by_node; /* PstServiceNode → PstServiceRules */
} PstServiceModule;

struct _PstServices
{
  GStringChunk *strings; /* every string that an entry or a rule points to */
  GPtrArray *entries;    /* of PstServiceEntry */
  GPtrArray *rules;      /* of PstServiceRule, those of the catalogue: not owned */
  GPtrArray *all_rules;  /* of PstServiceRule, those of the modules included: owned */
  GHashTable *nodes;     /* "1 org.foo.Bar", "1 org.gtk.vfs.*" → PstServiceNode */
  GHashTable *modules;   /* name → PstServiceModule */
  GPtrArray *own;        /* of PstServiceOwn */
  gboolean sealed;
};

typedef enum
{
  PST_SERVICE_NOWHERE,
  PST_SERVICE_SERVICE,
  PST_SERVICE_PART,
  PST_SERVICE_MODULE,
  PST_SERVICE_OWN,
} PstServiceSection;

/* A file on its way in, and the section that is being gathered. */
typedef struct
{
  PstServices *services;
  const char *label;
  GError **error;
  guint line;
  PstServiceSection section;
  guint begun;       /* the line of its heading */
  char *name;        /* "org.gtk.vfs.*", or the module's */
  char *part;        /* (nullable) */
  guint buses;       /* 1 << PstServiceBus */
  GHashTable *keys;  /* key → value */
  GHashTable *lines; /* key → line, as a pointer */
  GHashTable *seen;  /* headings */
} PstServiceParser;

/* Sets the error "LABEL, line LINE: …". Returns: FALSE. */
gboolean pst_service_refuse (const PstServiceParser *parser, guint line, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* Takes in the section that has been gathered, if there is one, and makes room for the next. */
gboolean pst_service_section_end (PstServiceParser *parser);

/* (nullable): what stands under exactly this, ".*" included. */
PstServiceNode *pst_services_node (const PstServices *services, PstServiceBus bus, const char *pattern);
PstServiceRules *pst_service_rules_new (void);
/* The most specific rule for this in the @layers: those of modules, and last the catalogue's. NULL if there is none. */
PstServiceRule *pst_service_rules_find (PstServiceRules *const *layers, gsize n_layers, const char *interface,
                                        const char *member, PstServiceTraits traits);
PstServiceModule *pst_service_module_new (void);
/* "org.foo.Bar.Baz", "org.foo.Bar.*" (*member is then NULL); both (transfer full). */
gboolean pst_service_message_parse (const char *text, char **interface, char **member);
/* The key of @rule in PstServiceRules. (transfer full) */
char *pst_service_rule_key (const PstServiceRule *rule);

G_END_DECLS
