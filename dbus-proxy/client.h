/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "address.h"
#include "ask.h"
#include "policy.h"

G_BEGIN_DECLS

/* One bus of which a filtered view is offered. */
typedef struct
{
  guint number; /* counts from 0, in the order of the command line */
  GArray *addresses;
  PstBusPolicy *policy;
  const PstDecider *decider; /* (nullable): without one, what would be asked is denied */
} PstBus;

typedef struct _PstClient PstClient;

/* Serves what has connected. @bus stays the caller's, and outlives it. */
PstClient *pst_client_new_take_fd (int fd, const PstBus *bus);
void pst_clients_on_idle (void); /* frees those that are gone, tries again to reach a bus whose queue was full */
guint pst_clients_get_n (void);

G_END_DECLS
