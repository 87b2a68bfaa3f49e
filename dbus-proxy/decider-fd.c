/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decider-fd.h"

#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_QUEUED (1024u * 1024)

typedef struct
{
  PstSource source;
  PstDecider decider;
  GHashTable *asks; /* id → PstAsk */
  GString *out, *in;
} FdDecider;

static void
fail (FdDecider *self)
{
  if (self->source.fd < 0)
    return;
  pst_source_watch (&self->source, 0);
  close (self->source.fd);
  self->source.fd = -1;
  self->decider.is_gone = TRUE;
  for (;;)
    {
      GHashTableIter iter;
      gpointer ask;

      g_hash_table_iter_init (&iter, self->asks);
      if (!g_hash_table_iter_next (&iter, NULL, &ask))
        break;
      g_hash_table_iter_remove (&iter);
      pst_ask_answer (ask, PST_ASK_DENY);
    }
}

static void
flush (FdDecider *self)
{
  gssize sent;

  if (self->source.fd < 0)
    return;
  sent = send (self->source.fd, self->out->str, self->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0)
    g_string_erase (self->out, 0, sent);
  /* Not here: the caller may be in the middle of a message. The reading side notices. */
  if ((sent < 0 && errno != EAGAIN) || self->out->len > MAX_QUEUED)
    shutdown (self->source.fd, SHUT_RDWR);
  pst_source_watch (&self->source, EPOLLIN | (self->out->len > 0 ? EPOLLOUT : 0));
}

static const char *
word (const char *text)
{
  return text[0] != '\0' ? text : "-";
}

static void
ask (PstAsk *asked, gpointer user_data)
{
  FdDecider *self = user_data;

  g_hash_table_insert (self->asks, GSIZE_TO_POINTER (pst_ask_get_id (asked)), asked);
  if (self->source.fd >= 0)
    g_string_append_printf (self->out, "ASK %" G_GUINT64_FORMAT " %u %s %s %s %s\n", pst_ask_get_id (asked),
                            pst_ask_get_bus (asked), pst_ask_get_name (asked), word (pst_ask_get_interface (asked)),
                            word (pst_ask_get_member (asked)), word (pst_ask_get_path (asked)));
  flush (self);
}

static void
withdraw (PstAsk *asked, gpointer user_data)
{
  FdDecider *self = user_data;

  if (!g_hash_table_remove (self->asks, GSIZE_TO_POINTER (pst_ask_get_id (asked))) || self->source.fd < 0)
    return;
  g_string_append_printf (self->out, "WITHDRAW %" G_GUINT64_FORMAT "\n", pst_ask_get_id (asked));
  flush (self);
}

static gboolean
on_line (FdDecider *self, const char *line)
{
  static const char *const words[] = { [PST_ASK_ALLOW] = "ALLOW ", [PST_ASK_DENY] = "DENY ", [PST_ASK_RETRY] = "RETRY " };

  for (PstAskAnswer answer = PST_ASK_ALLOW; answer <= PST_ASK_RETRY; answer++)
    {
      gpointer asked, key;

      if (!g_str_has_prefix (line, words[answer]))
        continue;
      key = GSIZE_TO_POINTER (strtoull (line + strlen (words[answer]), NULL, 10));
      if (g_hash_table_steal_extended (self->asks, key, NULL, &asked))
        pst_ask_answer (asked, answer);
      return TRUE;
    }
  return FALSE;
}

static void
on_ready (PstSource *source, guint32 events)
{
  FdDecider *self = (FdDecider *)source;
  char data[4096];
  gssize got;
  char *end;

  if ((events & EPOLLOUT) != 0)
    flush (self);
  got = recv (self->source.fd, data, sizeof data, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got > 0)
    g_string_append_len (self->in, data, got);
  while (got > 0 && (end = strchr (self->in->str, '\n')) != NULL)
    {
      *end = '\0';
      if (!on_line (self, self->in->str))
        got = 0;
      g_string_erase (self->in, 0, end + 1 - self->in->str);
    }
  if (got <= 0 || self->in->len > sizeof data)
    fail (self);
}

const PstDecider *
pst_decider_fd_new_take_fd (int fd)
{
  FdDecider *self = g_new0 (FdDecider, 1);

  self->source = (PstSource){ .fd = fd, .ready = on_ready };
  self->decider = (PstDecider){ .ask = ask, .withdraw = withdraw, .user_data = self };
  self->asks = g_hash_table_new (NULL, NULL);
  self->out = g_string_new (NULL);
  self->in = g_string_new (NULL);
  pst_source_watch (&self->source, EPOLLIN);
  return &self->decider;
}
