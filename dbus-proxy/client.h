/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-bus-address.h"
#include "ask.h"
#include "policy.h"

G_BEGIN_DECLS

/* One bus of which a filtered view is offered. */
typedef struct _PstClient PstClient;
typedef struct _PstBus PstBus;
struct _PstBus
{
  guint number; /* counts from 0, in the order of the command line */
  GArray *addresses;
  PstBusPolicy *policy;
  const PstDecider *decider; /* (nullable): without one, what would be asked is denied */
  /* (nullable): who connects to the bus instead of us, which knows no address; answered by pst_client_connected() */
  void (*connect) (const PstBus *bus, PstClient *client);
  void (*forget) (PstClient *client); /* it is gone before that */
  guint max_clients;                  /* of all buses together; further ones wait until one has left. 0: no such limit */
};

/* Serves what has connected. @bus stays the caller's, and outlives it. */
PstClient *pst_client_new_take_fd (int fd, const PstBus *bus);
/* @fd: a new connection to its bus; consumed. -1: there is none to be had. */
void pst_client_connected (PstClient *client, int fd);
void pst_clients_on_idle (void); /* frees those that are gone, tries again to reach a bus whose queue was full */
guint pst_clients_get_n (void);
/* @bus has another policy: who owns its names becomes known before anything is judged by them. */
void pst_clients_learn_owners (const PstBus *bus);

G_END_DECLS
