/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Keeps what is shown of an application: notes the launch in the store, and has its package looked up in a thread if that is
 * not known. */
void pst_app_notes_launched (PstBroker *broker, const PstAppInfo *app);

G_END_DECLS
