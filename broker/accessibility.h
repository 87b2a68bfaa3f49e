/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Answers the AccessibilityBus call of the sandbox's supervisor that has this serial: soon, and never from within. Any number
 * of calls cost one look. */
void pst_accessibility_find (PstSandbox *sandbox, guint32 serial);

G_END_DECLS
