/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* What is done to make the application's root directory, as data. Pure: building, checking and printing a plan touches nothing.
 */
typedef enum
{
  PST_PLAN_DIR,     /* a directory, with its missing parents */
  PST_PLAN_FILE,    /* a small regular file with the given contents */
  PST_PLAN_SYMLINK, /* source: what the link says */
  PST_PLAN_BIND,    /* the host's source, read-only, at target; must exist, and no link may lead there */
  PST_PLAN_MIRROR,  /* as on the host: a symbolic link is copied, anything else bound read-only; left out if missing */
  PST_PLAN_DEVICE,  /* the host's device node, bound */
  PST_PLAN_SCRATCH, /* a writable directory of the sandbox's one private tmpfs */
  PST_PLAN_PROC,
  PST_PLAN_DEVPTS,
  PST_PLAN_GATE,    /* source: a name in the root of the gate's file system */
  PST_PLAN_PRIVATE, /* source: a dot directory of the private home, writable, over the gate */
  PST_PLAN_COVER,   /* an empty file, read-only, over one of /proc; nothing if that is not there */
  PST_PLAN_SOCKET,  /* source: "session", "system" or "a11y". A listening socket of that message bus, served by the proxy */
} PstPlanOpType;

typedef struct
{
  PstPlanOpType type;
  guint mode; /* of a directory, file or scratch directory */
  char *source;
  char *target; /* absolute and normal, inside */
  GBytes *data;
} PstPlanOp;

typedef struct
{
  GPtrArray *ops; /* of PstPlanOp */
} PstPlan;

/* A directory of the host that the gate stands in for. */
typedef struct
{
  const char *name; /* "home", "media", "run-media", "mnt", "srv" */
  const char *path;
} PstGateRoot;

typedef struct
{
  const char *source;
  const char *target;
} PstPlanBind;

/* What the plan is made from. All paths absolute and normal. */
typedef struct
{
  uid_t uid;
  gid_t gid;
  const char *user;
  const char *home;
  const char *shell;
  const PstGateRoot *roots; /* those to gate, "home" among them */
  gsize n_roots;
  const PstPlanBind *binds; /* the program, sockets of the display */
  gsize n_binds;
  GBytes *xauthority;   /* (nullable) */
  gboolean session_bus; /* there is one, and it is to be had through the proxy; so is the accessibility bus then */
  gboolean system_bus;
  const char *const *accessibility_links; /* (nullable): other paths in the runtime directory where the accessibility bus is */
} PstPlanInput;

/* What only the broker knows. */
typedef struct
{
  const char *machine_id;   /* 32 hexadecimal digits */
  gboolean sys;             /* show /sys */
  gboolean nested;          /* namespaces inside: the kernel wants /proc uncovered for one of theirs */
  const char *const *names; /* (nullable): dot directories of the private home */
} PstPlanAnswer;

#define PST_PLAN_SYSTEM_BUS "/run/dbus/system_bus_socket"
#define PST_PLAN_XAUTHORITY "/run/postern/xauthority"

PstPlan *pst_plan_new (void);
void pst_plan_free (PstPlan *plan);

/* The part that needs no answer from the broker, and the rest. */
PstPlan *pst_plan_build_early (const PstPlanInput *input);
PstPlan *pst_plan_build_late (const PstPlanInput *input, const PstPlanAnswer *answer);

void pst_plan_add (PstPlan *plan, PstPlanOpType type, const char *source, const char *target, guint mode);
void pst_plan_add_file (PstPlan *plan, const char *target, guint mode, const char *text);

/* The runtime directory inside, "/run/user/1000". (transfer full) */
char *pst_plan_runtime_dir (uid_t uid);
/* Where the session bus is inside, "/run/user/1000/bus". (transfer full) */
char *pst_plan_session_bus (uid_t uid);
/* The accessibility bus, "/run/user/1000/at-spi-bus". (transfer full) */
char *pst_plan_accessibility_bus (uid_t uid);
/* The same as a D-Bus address. (transfer full) */
char *pst_plan_accessibility_address (uid_t uid);

/* Is @path, as seen inside, part of what every sandbox shows of the host: /usr and what leads there? */
gboolean pst_plan_shows (const char *path);

/* Nothing that a plan must never do: FALSE and @error (PST_PLAN_ERROR) for a target that is not normal, a source below a gate
 * root other than a single file, a system directory that would be covered, a name that is not a dot name, …. */
gboolean pst_plan_check (const PstPlan *plan, const PstPlanInput *input, GError **error);

/* One line an operation. (transfer full) */
char *pst_plan_to_string (const PstPlan *plan);

#define PST_PLAN_ERROR (pst_plan_error_quark ())
GQuark pst_plan_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstPlan, pst_plan_free)

G_END_DECLS
