/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "call.h"

G_BEGIN_DECLS

/* Runs held requests again, in a thread of its own that comes with the first and goes after a while without any: they may wait
 * for a disk, so neither the main thread nor the workers, which may all be busy, do it. */
void pst_runner_push (PstCall *call);

/* Replaces it; for tests. */
extern void (*pst_runner_hook) (PstCall *call);

G_END_DECLS
