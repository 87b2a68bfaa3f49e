/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "host.h"
#include "intent.h"
#include "pst-types.h"

G_BEGIN_DECLS

/* What a question offers, and its words. Pure: what has to be looked up on the disk comes in, or is filled in between the two
 * steps pst_scopes_candidates() and pst_scopes_word(). */

typedef enum
{
  PST_OFFER_USER_DIR = 1, /* all of Pictures */
  PST_OFFER_ENTRY,        /* all of an entry of the home, a volume, or a whole gate root */
  PST_OFFER_FOLDER,       /* one folder in it */
  PST_OFFER_FILE,         /* one file */
  PST_OFFER_SERVICE,      /* a service on a message bus, or a part of it */
} PstOfferKind;

/* One scope. */
typedef struct
{
  PstOfferKind kind;
  char *path;
  PstScope scope;
  /* What the person is shown, and nothing else, is granted: filled in by the caller. */
  char *real; /* (nullable) */
  gboolean exists;
  guint64 device, inode;
  /* Filled in by pst_scopes_word() */
  char *label;
} PstOfferScope;

typedef struct
{
  const PstHost *host;
  const char *app_name;
  const char *path;   /* as asked: the first name that is not open to the application */
  const char *target; /* what it is after, by its intent: @path or below */
  gboolean target_exists;
  gboolean target_is_dir; /* for what exists */
  PstIntentKind intent;
  PstAccess wanted;         /* that of the request and the intent */
  PstAccess suggested;      /* of the profile or desktop file, 0: none */
  gboolean creating;        /* the intent makes @target */
  const char *protected_by; /* (nullable): the protected path, as the application sees it, at or above @path; or @path itself
                             * where only its real path is protected */
  const char *launch_dir;   /* (nullable) */
  gboolean view_allowed;    /* the question is about changing what may be seen already */
} PstScopeFacts;

typedef struct
{
  PstAccess access;
  const char *label;
} PstOfferAccess;

typedef struct
{
  char *base; /* everything asked for at or below it is one question */
  gboolean is_protected;
  GPtrArray *scopes; /* of PstOfferScope, widest first */
  guint scope;       /* preselected */
  PstOfferAccess accesses[3];
  guint n_accesses;
  guint access; /* preselected */
  GStrv titles; /* row-major by scope */
  char *intent;
  char *resource;
  char *warning;
  gboolean private_ok;
} PstOffer;

PstOffer *pst_scopes_candidates (const PstScopeFacts *facts);
/* Fills in the words; after the caller has filled in, or removed, scopes. */
void pst_scopes_word (PstOffer *offer, const PstScopeFacts *facts);
void pst_offer_free (PstOffer *offer);
void pst_offer_scope_free (gpointer scope); /* of PstOfferScope */

/* As people say it: relative to the home, else in full. What people call a user directory: its title, unless it has a name of
 * its own. Both ready to show: (transfer full) */
char *pst_scopes_short_path (const PstHost *host, const char *path);
char *pst_scopes_user_dir_name (const PstHost *host, const char *path);

/* The question for this scope and access: (transfer none) */
const char *pst_offer_title (const PstOffer *offer, guint scope, guint access);
/* One line for the list of waiting questions. */
const char *pst_offer_line (const PstOffer *offer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstOffer, pst_offer_free)

G_END_DECLS
