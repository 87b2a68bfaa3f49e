/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Does the same in both directories, at random as the seed of the test wants it; ends the test at the first difference. */
void posix_random (int plain_dir, int served_dir);

G_END_DECLS
