/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "terminal.h"

G_BEGIN_DECLS

/* postern-agent-tty as a child of this process, on the same terminal.
 *
 * It inherits a socket as descriptor 3 and writes 'q' on it when it wants to ask; we leave the terminal alone and answer 'k';
 * 'r' when it is done. */
typedef struct _PstTextAgent PstTextAgent;

PstTextAgent *pst_text_agent_new (guint64 sandbox, PstPty *pty);
void pst_text_agent_free (PstTextAgent *agent);

/* Starts it unless it runs. */
gboolean pst_text_agent_start (PstTextAgent *agent, GError **error);
gboolean pst_text_agent_is_asking (PstTextAgent *agent);

/* After SIGCHLD. */
void pst_text_agent_reap (PstTextAgent *agent);

G_END_DECLS
