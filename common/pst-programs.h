/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where Postern's own programs and data are: in the build tree for a program that was started from there, else in the
 * installed places. Decided by the path of the running executable, never by an environment variable. */

/* "postern-fusefs" → absolute path. (transfer full) */
char *pst_program_find (const char *name);

/* "protected.conf", "profiles" → absolute path below the package's data directory (in the build tree: the source's data/).
 * (transfer full) */
char *pst_data_find (const char *name);

/* From now on this program speaks the person's language; first thing in main(). No catalogue is opened before there is
 * something to say, and in the C locale none at all. */
void pst_locale_set_up (void);

/* $XDG_RUNTIME_DIR/postern/broker, (transfer full). NULL and @error (a sentence for a person) when XDG_RUNTIME_DIR is unset,
 * relative, not ours or open to others. */
char *pst_broker_socket_path (GError **error);

/* $XDG_DATA_HOME/postern or ~/.local/share/postern. (transfer full) */
char *pst_state_dir (void);

G_END_DECLS
