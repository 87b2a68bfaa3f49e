/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Is there a session bus to ask? */
gboolean pst_notify_has_bus (void);

/* Desktop notifications of what was refused without anybody having seen a question: “Image Viewer” was refused ~/Pictures.
 * Allow it? One at a time of a sandbox, the newest. Without a session bus, or a notification service there, nothing happens:
 * the refusal is in the log, and is told where the application was started. Nothing here blocks. */

/* @scope, @access, @title (nullable): what “Allow this time” gives, and the question for it; NULL: nothing can be allowed. */
void
pst_notify_refused (PstSandbox *sandbox, const char *text, const PstOfferScope *scope, PstAccess access, const char *title);

/* A name for a button of one notification, that begins with @word and nobody can guess. (transfer full) */
char *pst_notify_key (const char *word);

/* Takes it off the screen: it can be allowed no more. */
void pst_notify_ended (PstSandbox *sandbox);

G_END_DECLS
