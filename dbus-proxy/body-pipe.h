/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The middle of a long body, on its way from socket to socket within the kernel: its pages change hands, and are neither copied
 * nor mapped. For this a pipe is needed. It is made when such a body begins and closed when that has ended, so that who sends
 * none has none; there are few (MAX_PIPES), since the pages of all pipes of a person are counted together, and who gets none is
 * copied. What the target does not take stays in the pipe, as it would in a buffer.
 *
 * Descriptors never come this way. The kernel closes those that are attached to what it splices, so none is delivered that a
 * header did not count, and none is kept; whoever sends the descriptors of his next message with the tail of this one finds
 * that message refused. Both sockets must be non-blocking: splice knows no flag for that on all kernels. */
typedef struct _PstBodyPipe PstBodyPipe;

/* Looks whether this kernel can do it, before the list of system calls is in force. Without it everything is copied. */
void pst_body_pipes_try (void);

PstBodyPipe *pst_body_pipe_new (void); /* (nullable) */
void pst_body_pipe_free (PstBodyPipe *pipe);
/* Moves up to @left bytes, which are left of the body, from the socket into the pipe, which must be empty. Like recv. */
gssize pst_body_pipe_fill (PstBodyPipe *pipe, int fd, gsize left);
/* Moves what is in it to the socket: 0 when it is empty, or -1. */
int pst_body_pipe_drain (PstBodyPipe *pipe, int fd);
gboolean pst_body_pipe_is_empty (const PstBodyPipe *pipe);
gboolean pst_body_pipe_is_done (const PstBodyPipe *pipe); /* empty, and the body has ended */

G_END_DECLS
