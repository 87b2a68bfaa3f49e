/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-peer.h"
#include "pst-types.h"

G_BEGIN_DECLS

/* What the control commands share. */

/* A connection of role "control"; the broker is started if none runs. NULL and @error: a sentence for a person. */
PstPeer *pst_cli_connect (GError **error);

/* Calls and waits. NULL: the failure has been told on standard error. @in, @out: signatures of postern-ipc.h. */
PstMessage *pst_cli_call (const char *member, GVariant *args, const char *out);

/* "postern COMMAND: TEXT" on standard error; returns @status. */
int pst_cli_fail (int status, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Parses @entries; @usage is what follows "postern NAME". On failure, or after --help, FALSE with *status set. */
gboolean
pst_cli_parse (int *argc, char ***argv, const GOptionEntry *entries, const char *usage, const char *summary, int *status);

/* For a list that came out empty: 0 if @word is an application that the broker knows of, else 1, and the near ones have been
 * told. */
int pst_cli_check_app (const char *word);

/* Is @word what somebody might have typed for this application? Pure. */
gboolean pst_cli_app_is_near (const char *word, const char *id, const char *name, const char *executable);

/* RESOURCE of a command line: a path (relative to the working directory, "~/x"), or "xdg:PICTURES". (transfer full), NULL: told
 * on standard error. */
char *pst_cli_resource (const char *word);
/* Does @word name a service on a message bus, session:NAME or system:NAME? */
gboolean pst_cli_is_service (const char *word);

/* "2026-11-24 14:03" in local time, or "-" for 0. (transfer full) */
char *pst_cli_time (gint64 seconds);

/* "for once", "1h", "7d", "2026-12-31", … → lifetime and end. FALSE for a word that is none. */
gboolean pst_cli_parse_lifetime (const char *word, gint64 now, PstLifetime *lifetime, gint64 *until);

/* A time that has been: "2h" and the like (ago), "today", "yesterday", "2026-11-24", "2026-11-24 14:03"; -1 for a word that is
 * none. */
gint64 pst_cli_parse_since (const char *word, gint64 now);

G_END_DECLS
