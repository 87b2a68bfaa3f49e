/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "attack.h"
#include "postern-ipc.h"
#include "pst-peer.h"
#include "pst-types.h"

G_BEGIN_DECLS

/* What a taken-over postern-fusefs holds (hostile-fusefs.c), how it asks and reports (hostile-report.c), and what it attacks.
 */

typedef struct
{
  guint64 tree;
  guint32 kind;
  guint32 access;
  char *path;
  int fd;
} Tree;

typedef struct
{
  PstPeer *supervisor;
  PstPeer *broker;
  int home_fd;
  GPtrArray *trees; /* Tree */
} Hostile;

extern Hostile hostile;

/* Opens the report, and reads what an attacker could guess. */
void hostile_report_begin (void);
/* The value of @key, "": not told. It stays. */
const char *hostile_target (const char *key);
/* A line of its own words. */
void hostile_say (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* A line in the form of attack.h. */
void hostile_row (const char *kind, bool good, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* (transfer full): the reply, or NULL for an error, which is noted */
PstMessage *hostile_ask (PstPeer *peer, const char *member, GVariant *args, const char *note);
GVariant *hostile_bytes (const char *text);
/* The error that a reply begins with; -1: with none. */
int hostile_error (PstMessage *reply);

/* hostile-link.c */
void hostile_attack_supervisor (void);

/* hostile-gate.c */
void hostile_attack_broker (void);
/* Each of these may end the sandbox: one for each start. Returns FALSE when there is none of this number. */
gboolean hostile_attack_broker_fatally (guint number);

G_END_DECLS
