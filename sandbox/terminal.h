/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/ioctl.h>
#include <termios.h>

G_BEGIN_DECLS

/* The terminal that the person sits at, and its relay to the sandbox's own. */
typedef struct _PstPty PstPty;

/* What a program started directly would find. */
typedef struct
{
  gboolean is_terminal[3]; /* standard input, output, error */
  gboolean any;
  gboolean interactive; /* input and output both: the program reads from the start. Otherwise (a pipeline) another program may
                         * be reading the same terminal, and ours gets it when it first tries to read. */
  struct termios termios;
  struct winsize size;
} PstTerminalState;

void pst_terminal_examine (PstTerminalState *out);

/* @master is consumed. Starts to relay output at once. */
PstPty *pst_pty_new (int master, const PstTerminalState *state);

/* Restores the terminal. */
void pst_pty_free (PstPty *pty);

/* Is our process group the terminal's foreground? */
gboolean pst_pty_is_foreground (PstPty *pty);

/* Raw mode and input; only when in the foreground. */
void pst_pty_start_input (PstPty *pty);
/* The mode that we found; no input. */
void pst_pty_stop_input (PstPty *pty);
gboolean pst_pty_has_input (PstPty *pty);

/* Neither input nor output: somebody else uses the terminal. */
void pst_pty_pause (PstPty *pty);
void pst_pty_resume (PstPty *pty);

/* The window's size has changed. */
void pst_pty_resize (PstPty *pty);

/* Writes what the program has written and what is still on the way. @all: until every process inside has closed the terminal.
 * Blocks. */
void pst_pty_drain (PstPty *pty, gboolean all);

G_END_DECLS
