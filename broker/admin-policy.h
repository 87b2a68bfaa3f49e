/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sys/types.h>

#include "host.h"
#include "pst-types.h"
#include "pst-services.h"

G_BEGIN_DECLS

/* What the administrator says: files *.conf in policy.d directories, and in the older locks.d. The format:
 * postern-policy(5). A file that cannot be read is not passed over: nothing is started. */
typedef struct _PstAdminPolicy PstAdminPolicy;

typedef struct
{
  PstTier tier; /* lock or default */
  PstKind kind; /* files or bus */
  char *app;    /* (nullable): for every application */
  char *resource;
  PstAccess access;
  PstAnswer answer;
  const char *source; /* the file; lives as long as the process */
  guint line;
  gboolean old; /* of locks.d, where what is said for one application does not stand before what is said for all */
} PstAdminRule;

/* What holds for an application as a whole. TRUE: the administrator says so, whatever the person or the profile says. */
typedef struct
{
  gboolean strict;
  gboolean locked; /* what no rule speaks of is refused without a question */
  gboolean no_bus;
} PstAdminApp;

/* For the settings of the same name, where the person has made none. -1: nothing is said. */
typedef struct
{
  int history_days;
  int history_rows;
  int unused_days;
} PstAdminSettings;

typedef enum
{
  PST_POLICY_FORM_POLICY = 1,
  PST_POLICY_FORM_LOCKS,
} PstPolicyForm;

/* Where it is read from. */
typedef struct
{
  GStrv policy; /* most important first: a file stands before one of the same name in a later directory */
  GStrv locks;  /* all of them count */
  uid_t owner;  /* who may have written it, besides root */
} PstPolicyPlaces;

PstAdminPolicy *pst_admin_policy_new (void);
void pst_admin_policy_free (PstAdminPolicy *policy);

/* Adds a file's text; @label names it in messages, and is the source of its rules. After an error @policy is only good for
 * being freed. */
gboolean pst_admin_policy_parse (PstAdminPolicy *policy, PstPolicyForm form, const char *data, gsize size, const char *label,
                                 GError **error);
/* Everything there is. A directory that does not exist says nothing. @services: what is said of parts is checked by it. */
PstAdminPolicy *pst_admin_policy_read (const PstPolicyPlaces *places, const PstServices *services, GError **error);

/* All rules as they were written: (transfer none) of PstAdminRule. */
const GPtrArray *pst_admin_policy_rules (const PstAdminPolicy *policy);
/* Those that hold for @app (NULL: only those for every application), paths as they are for this person: (transfer full) of
 * PstAdminRule. What is said for one application stands before what is said for all of the same resource. */
GPtrArray *pst_admin_policy_rules_for (const PstAdminPolicy *policy, const PstHost *host, const char *app);
PstAdminApp pst_admin_policy_app (const PstAdminPolicy *policy, const char *app);
PstAdminSettings pst_admin_policy_settings (const PstAdminPolicy *policy);
/* Do they say the same? Either may be NULL. */
gboolean pst_admin_policy_equal (const PstAdminPolicy *a, const PstAdminPolicy *b);

PstAdminRule *pst_admin_rule_copy (const PstAdminRule *rule);
void pst_admin_rule_free (PstAdminRule *rule);

#define PST_ADMIN_POLICY_ERROR (pst_admin_policy_error_quark ())
GQuark pst_admin_policy_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstAdminPolicy, pst_admin_policy_free)

G_END_DECLS
