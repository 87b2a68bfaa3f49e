/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "supervisor.h"

G_BEGIN_DECLS

/* Finding the broker again after its death: its guard or systemd starts it, we connect as soon as there is a socket to connect
 * to, register under the old number, and hand the gate a new socket. Until then the gate answers from the policy that it has,
 * and questions wait. */
typedef struct _PstBrokerAgain PstBrokerAgain;

typedef void (*PstBrokerBack) (PstPeer *peer, gpointer data);

/* Borrows @setup for good. @back: a new connection is in place of the old. */
PstBrokerAgain *pst_broker_again_new (PstSupervisorSetup *setup, PstPeerHandler handler, PstPeerClosed closed,
                                      PstBrokerBack back, gpointer data);
void pst_broker_again_lost (PstBrokerAgain *again);

G_END_DECLS
