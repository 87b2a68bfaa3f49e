/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "message.h"

G_BEGIN_DECLS

/* Is this a call whose body tells whether it has buttons: Notify, with the arguments that the specification of notifications
 * gives it? By its header. */
gboolean pst_notification_is_readable (const PstHeader *header);

/* Has it buttons? TRUE also of what is no such call, and of a body that is not as its header says: what cannot be read is taken
 * for the worse. @body: the whole of it. Pure. */
gboolean pst_notification_has_actions (const PstHeader *header, const guint8 *body);

G_END_DECLS
