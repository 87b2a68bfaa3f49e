/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ask.h"

G_BEGIN_DECLS

/* Asks over a socket, in lines, whoever is at its other end:
 *
 *   out  ASK ID BUS NAME INTERFACE MEMBER PATH    ("-" for none; BUS counts the groups of the command line from 0)
 *        WITHDRAW ID
 *   in   ALLOW ID | DENY ID | RETRY ID            (of an ID that is withdrawn or unknown: ignored)
 *
 * When the other end is gone or talks nonsense, what was asked is denied, and so is what comes later. */
const PstDecider *pst_decider_fd_new_take_fd (int fd);

G_END_DECLS
