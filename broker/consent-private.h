/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* consent-refuse.c: without a dialog, for this once. */
void pst_consent_refuse_unasked (PstAsk *ask, const char *reason);

G_END_DECLS
