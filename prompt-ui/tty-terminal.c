/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "tty-terminal.h"

#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Until a moment ago the application wrote to this terminal. It may have left it in the middle of a control string that
 * swallows text, with letters drawn in the colour of the ground, in another alphabet, within a scroll region of one line,
 * reporting mouse movements as input. So, in this order: cancel and end any control string, soft reset, and what a soft reset
 * leaves out: colours (SGR and the palette), alphabets, the wrapping of lines, mouse and paste reports, the cursor. What the
 * terminal replied to the application's own requests is forgotten with the rest of the input. */
static const char sane_state[] = "\030\033\\"
                                 "\033[!p"
                                 "\033[0m\033]104\033\\\033]110\033\\\033]111\033\\"
                                 "\017\033(B"
                                 "\033[4l\033[?7h"
                                 "\033[?9l\033[?1000l\033[?1002l\033[?1003l\033[?1004l\033[?1006l\033[?2004l"
                                 "\033[?25h"
                                 "\r\n";

struct _PstTerminal
{
  int fd;
  gboolean is_plain;
  gboolean taken;
  struct termios theirs;
};

PstTerminal *
pst_terminal_open (GError **error)
{
  PstTerminal *terminal;
  const char *term = g_getenv ("TERM");
  int fd = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

  if (fd < 0)
    {
      int code = errno;
      g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (code), "There is no terminal to ask on: /dev/tty: %s",
                   g_strerror (code));
      return NULL;
    }
  terminal = g_new0 (PstTerminal, 1);
  terminal->fd = fd;
  terminal->is_plain = term == NULL || *term == '\0' || g_str_equal (term, "dumb");
  return terminal;
}

void
pst_terminal_free (PstTerminal *terminal)
{
  if (terminal == NULL)
    return;
  pst_terminal_give_back (terminal);
  pst_fd_clear (&terminal->fd);
  g_free (terminal);
}

int
pst_terminal_get_fd (PstTerminal *terminal)
{
  return terminal->fd;
}

guint
pst_terminal_get_width (PstTerminal *terminal)
{
  struct winsize size;

  return ioctl (terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

gboolean
pst_terminal_get_bold (PstTerminal *terminal)
{
  const char *no_color = g_getenv ("NO_COLOR");

  return !terminal->is_plain && (no_color == NULL || *no_color == '\0');
}

gboolean
pst_terminal_is_foreground (PstTerminal *terminal)
{
  return tcgetpgrp (terminal->fd) == getpgrp ();
}

void
pst_terminal_forget_input (PstTerminal *terminal)
{
  tcflush (terminal->fd, TCIFLUSH);
}

void
pst_terminal_take (PstTerminal *terminal)
{
  struct termios ours;

  if (terminal->taken || tcgetattr (terminal->fd, &terminal->theirs) < 0)
    return;
  tcflow (terminal->fd, TCOON); /* a stopped terminal would stop us */
  ours = terminal->theirs;
  ours.c_iflag = (ours.c_iflag | ICRNL | IUTF8) & ~(tcflag_t)(IXON | IXOFF | IGNCR | INLCR | ISTRIP);
  ours.c_oflag |= OPOST | ONLCR;
  ours.c_lflag |= ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
  /* Ctrl-C must reach us, and not kill the process group: it ends the line and is found in it. */
  ours.c_lflag &= ~(tcflag_t)(ISIG | ECHONL | NOFLSH | TOSTOP | IEXTEN);
  ours.c_cc[VEOL] = 0x03;
  ours.c_cc[VEOL2] = _POSIX_VDISABLE;
  ours.c_cc[VEOF] = 0x04;
  ours.c_cc[VERASE] = 0x7f;
  ours.c_cc[VKILL] = 0x15;
  tcsetattr (terminal->fd, TCSAFLUSH, &ours);
  terminal->taken = TRUE;
  pst_terminal_print (terminal, terminal->is_plain ? "\r\n" : sane_state);
}

void
pst_terminal_give_back (PstTerminal *terminal)
{
  if (!terminal->taken)
    return;
  terminal->taken = FALSE;
  tcsetattr (terminal->fd, TCSAFLUSH, &terminal->theirs);
}

void
pst_terminal_print (PstTerminal *terminal, const char *text)
{
  const char *charset;
  g_autofree char *converted = NULL;
  gsize left;

  if (!g_get_charset (&charset))
    {
      g_autofree char *to = g_strconcat (charset, "//TRANSLIT", NULL);
      converted = g_convert_with_fallback (text, -1, to, "UTF-8", "?", NULL, NULL, NULL);
      text = converted != NULL ? converted : "";
    }
  left = strlen (text);
  while (left > 0)
    {
      ssize_t n = write (terminal->fd, text, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return;
      text += n;
      left -= (gsize)n;
    }
}
