/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ask-queue.h"
#include "decide.h"
#include "homes.h"
#include "host.h"
#include "identity.h"
#include "policy-cache.h"
#include "presence.h"
#include "profiles.h"
#include "pst-services.h"
#include "pst-peer.h"
#include "store.h"
#include "undo.h"

G_BEGIN_DECLS

/* What the modules of the broker share: its state, one of it in the process. */

typedef struct _PstBroker PstBroker;
typedef struct _PstSandbox PstSandbox;
typedef struct _PstTree PstTree;
typedef struct _PstAgent PstAgent;
typedef struct _PstScreen PstScreen;
typedef struct _PstChanges PstChanges;
typedef struct _PstPolicyWatch PstPolicyWatch;

#define PST_PROTOCOL 1u
#define PST_MAX_ASKS 4096u
/* Of one application on one screen: what no person would ever come to the end of is refused. */
#define PST_MAX_QUESTIONS 32u
/* Plain refusals to make something new in the home, after which a run is not asked about again. */
#define PST_MAX_REFUSED_CREATIONS 3u
/* The same for services on a message bus: an application can make up names without end, and each is shown to the person. */
#define PST_MAX_REFUSED_SERVICES 8u
#define PST_MAX_SANDBOXES 512u
#define PST_MAX_CONNECTIONS 1024u

struct _PstBroker
{
  GMainLoop *loop;
  PstHost *host;
  char *runtime_dir; /* $XDG_RUNTIME_DIR/postern */
  char *state_dir;
  char *store_path;
  PstStore *store;   /* (nullable): NULL while the file cannot be used */
  char *store_error; /* (nullable): why */
  PstPolicyPlaces policy_places;
  PstAdminPolicy *policy; /* (nullable): NULL until it could be read */
  PstPolicyWatch *policy_watch;
  PstIdentity *identity;
  PstProfiles *profiles;
  PstServices *services; /* the catalogue */
  PstPolicyCache *policies;
  PstAskQueue *queue;
  GPtrArray *sheets;     /* of PstSheet: first starts that wait for a person */
  GHashTable *sandboxes; /* number → PstSandbox, a reference each */
  GPtrArray *agents;     /* of PstAgent, borrowed from their connections */
  GHashTable *screens;   /* key → PstScreen, owned */
  PstChanges *changes;   /* who is told what is different */
  PstUndoList *undo;
  PstPresence *presence;
  PstHomes *homes;
  guint n_connections;
  guint64 last_generation, last_sheet;
  gint64 question_timeout; /* microseconds */
  gint64 started;          /* real time, seconds */
  gint64 day;              /* on which daily.h has done its work, 0: none yet */
  guint show_source, deadline_source, expiry_source, killed_source, daily_source;
};

/* What an ask of the message bus proxy is about, besides the name. The proxy has it from the application: for the words only.
 */
typedef struct
{
  char *interface, *member; /* "" where unknown */
} PstBusAsk;

/* One held request of a gate: of the file gate, or of the message bus proxy. */
struct _PstAsk
{
  PstBusAsk *bus;      /* (nullable): set for one of the proxy; path is then "session:NAME" or "system:NAME" */
  PstSandbox *sandbox; /* borrowed: a sandbox ends its asks before it goes */
  guint64 id;
  guint32 serial;
  char *path;
  PstAccess access; /* of the request */
  PstAccess wanted; /* of the request and the intent */
  PstOp op;
  pid_t tid;
  PstIntentKind intent;
  char *target;          /* by the intent; path itself if that is unknown */
  gboolean is_made;      /* by a call that does not walk twice, and this is the look-up of its last name */
  char *program;         /* (nullable): the executable of the caller; said by the caller's own name space */
  PstQuestion *question; /* (nullable), borrowed */
  PstTree *tree;         /* (nullable), borrowed: waits for it */
  char *past_rule;       /* (nullable): path of a rule that says "allow" and does not reach here: it is asked all the same */
  gboolean early;        /* waits to be considered until Started has come */
  gboolean interrupted;  /* look whether the caller is dying */
};

typedef enum
{
  PST_TREE_ATTACHING = 1,
  PST_TREE_ATTACHED,
  PST_TREE_DETACHING,
} PstTreeState;

struct _PstTree
{
  guint64 number;
  PstTreeKind kind;
  PstAccess access;
  char *path, *real;
  gboolean live;
  guint64 rule; /* whose it is */
  PstTreeState state;
  GPtrArray *waiting; /* of PstAsk, borrowed: considered again when the state has changed */
};

struct _PstSandbox
{
  guint refs;
  PstBroker *broker;
  guint64 number;
  PstAppInfo *app;
  PstProfile *profile; /* (nullable) */
  PstPeer *launcher;
  PstPeer *gate; /* (nullable): gone */
  PstPeer *bus;  /* (nullable): the message bus proxy, if there is one */
  gboolean ended;
  GVariant *environment; /* a{sv} */
  char *screen;          /* where its questions go */
  gboolean tty, strict;
  gboolean quiet; /* what no rule speaks of is hidden, and refused by services, without a question */
  gboolean only;  /* quiet, and of what was ever allowed only what is for this run alone counts */
  pid_t supervisor, init;
  int supervisor_pidfd; /* -1: none */
  guint64 pid_ns;       /* of init, 0 before it is known */
  gint64 started;       /* seconds since 1970 */
  char *launch_dir;
  PstRuleset *ruleset;
  GHashTable *asks; /* id → PstAsk, owned */
  GPtrArray *trees; /* of PstTree, owned */
  guint64 last_tree;
  GHashTable *detached; /* mount id → path: of live trees that were taken away; what was open in them stays open */
  GPtrArray *cooldowns; /* of char *: paths that were refused for this run where no rule could say so */
  guint n_refused_creations;
  guint n_refused_services;
  guint early_source;  /* ends the wait of early asks */
  GHashTable *notices; /* what the person has been told of already */
  GHashTable *used;    /* numbers of rules that it has used */
};

PstBroker *pst_broker_new (GError **error);
void pst_broker_free (PstBroker *broker);

/* Tries again to open a database that could not be used. FALSE, and *sentence (transfer none) why launches are refused. */
gboolean pst_broker_ready (PstBroker *broker, const char **sentence);
/* From now on the administrator's policy is what is in @directory, which may be the person's own: for tests, and to try a
 * policy before it is installed. */
void pst_broker_set_policy_dir (PstBroker *broker, const char *directory);
/* Reads the administrator's policy again; when it says something else, running gates get it and watchers are told. FALSE: it
 * cannot be read, @error is a sentence for the person, and what was read before goes on for those that run. */
gboolean pst_broker_read_policy (PstBroker *broker, GError **error);

/* expiry.c: has the rule's time, sandbox, login or boot gone? */
gboolean pst_broker_is_over (PstBroker *broker, const PstStoredRule *rule, gint64 now);
/* Removes rules that are over, and the running sandboxes are told: nobody else would tell them later. */
void pst_broker_expire (PstBroker *broker);
/* Arms the timer for the next rule that ends. */
void pst_broker_watch_expiry (PstBroker *broker);

/* The rules of @sandbox's application, ready for pst_decide_…(). Free with pst_decide_input_clear(). */
void pst_broker_decide_input (PstBroker *broker, PstSandbox *sandbox, PstDecideInput *input);
/* The same for an application, of which @sandbox (nullable) is a running one. */
void pst_broker_decide_input_for (PstBroker *broker, const char *app, PstSandbox *sandbox, PstDecideInput *input);
void pst_decide_input_clear (PstDecideInput *input);

/* Is nothing asked for it: has the person said so, or the administrator? */
gboolean pst_broker_is_locked (PstBroker *broker, const char *app);

/* The string in an "ay" with or without its final NUL; NULL if another NUL is in it. (transfer full) */
char *pst_dup_bytes (GVariant *bytes);
/* The same for a key of an a{sv}; NULL if it is missing. */
char *pst_lookup_bytes (GVariant *dict, const char *key);

G_END_DECLS
