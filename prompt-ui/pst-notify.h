/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A desktop notification, through org.freedesktop.Notifications. Without a session bus, or without a service there, nothing
 * happens: the refusal is in the log as well. Does not block. */
void pst_notify_refused (const char *app_name, const char *text);

G_END_DECLS
