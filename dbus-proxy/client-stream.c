/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client-private.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

/* A client is two sockets, and two streams between them. Reading one side goes:
 *
 *   receive, behind what was carried over → for each message: judge it by its header, put its bytes (or not) into the queue of
 *   the other side, as a stretch of the buffer → send the queue → carry over the header that was not whole.
 *
 * Of a message whose header has been judged the body is passed on as it comes in, so that no message is waited for, however
 * long; only what has to be looked into is read whole. The rest of a long body goes from socket to socket without being copied
 * (body-pipe.h), its bytes counted. While a queue is not empty the side that feeds it is not read: a client
 * that does not read fills its own socket, then one buffer, and then its bus connection, and nothing of anybody else. The
 * kernel holds what we do not read, and the bus counts that.
 *
 * The two sides know each other through the tables in PstClient only: what was asked of one side is expected from the other.
 * Before there are messages there are lines (auth.h), which take the same way.
 *
 * Descriptors arrive no later than the first byte of their message. They are taken from what has arrived when the header is
 * judged; and at the end of a message nothing may be left over, or they would go with another. */

#define BURST 8
#define SMALL_READ 8192
#define FIRST_READ 16384
#define MAX_PIECES 8           /* of a body in one turn: others have theirs */
#define LONG_BODY (64u * 1024) /* below this a pipe is not worth making */

/* ---- sending ------------------------------------------------------------------ */

void
pst_side_send (PstSide *to, guint8 *take_data, gsize size, int *take_fds, guint n_fds)
{
  if (pst_side_other (to)->remaining > 0)
    {
      PstSegment segment = { take_data, size, take_data, take_fds, n_fds };
      g_queue_push_tail (&to->inject, g_memdup2 (&segment, sizeof segment));
      return;
    }
  pst_out_take (&to->out, take_data, size, take_fds, n_fds);
}

static void
inject (PstSide *to)
{
  PstSegment *segment;

  while ((segment = g_queue_pop_head (&to->inject)) != NULL)
    {
      pst_out_take (&to->out, segment->owned, segment->size, segment->fds, segment->n_fds);
      g_free (segment);
    }
}

void
pst_side_flush (PstSide *side)
{
  PstOutState state;

  if (side->source.fd < 0 || pst_out_is_empty (&side->out) || (side->blocked && !side->gone))
    return;
  /* The other end has closed: what it has sent before is still to be read; it will say end-of-file by itself. */
  state = side->gone ? PST_OUT_FAILED : pst_out_flush (&side->out, side->source.fd);
  side->blocked = state == PST_OUT_BLOCKED;
  if (state == PST_OUT_FAILED)
    {
      side->gone = TRUE;
      pst_out_clear (&side->out);
    }
}

/* ---- messages ----------------------------------------------------------------- */

gboolean
pst_side_may_consume (PstSide *side)
{
  PstClient *client = side->client;

  if (client->dead || client->connecting || !pst_out_is_empty (&pst_side_other (side)->out))
    return FALSE;
  if (side == &client->client)
    return (!client->awaits_owners || side->remaining > 0) && (client->auth.is_done || !client->auth.got_begin);
  return TRUE;
}

void
pst_side_take_fds (PstSide *side, guint n, int **fds)
{
  *fds = NULL;
  if (n == 0)
    return;
  g_assert (n <= side->n_fds);
  *fds = g_memdup2 (side->fds, n * sizeof (int));
  side->n_fds -= n;
  memmove (side->fds, side->fds + n, side->n_fds * sizeof (int));
  if (side->n_fds == 0)
    g_clear_pointer (&side->fds, g_free);
}

/* How many bytes of the message at @data are done with; 0: more is needed; -1: closed. */
static gssize
one_message (PstSide *side, const guint8 *data, gsize size)
{
  PstClient *client = side->client;
  gboolean filter = client->bus_config->policy->filter;
  guint32 header_length, body_length;
  PstHeader header;
  const char *wrong = NULL;
  PstFate fate = PST_FATE_PASS;
  guint n_fds = side->n_fds;
  gsize there;
  int *fds;

  side->want = PST_MESSAGE_FIXED;
  if (size < PST_MESSAGE_FIXED)
    return 0;
  if (!pst_header_frame (data, &header_length, &body_length))
    {
      pst_client_close (client, "what should be a message is none");
      return -1;
    }
  side->want = header_length;
  if (size < header_length)
    return 0;
  if (filter || side->n_fds > 0)
    wrong = pst_header_parse (data, header_length, &header);
  else
    header.n_fds = 0;
  if (wrong != NULL && filter)
    {
      pst_client_close (client, wrong);
      return -1;
    }
  /* Without a filter nothing is judged, and what we cannot read passes as well. */
  if (!filter && (wrong != NULL || header.n_fds > side->n_fds))
    header.n_fds = side->n_fds;

  there = MIN (size, (gsize)header_length + body_length);
  if (filter && header.n_fds > side->n_fds)
    {
      pst_client_close (client, "a message without its descriptors");
      return -1;
    }
  if (filter)
    fate = side == &client->client ? pst_client_from_client (client, &header, data, there)
                                   : pst_client_from_bus (client, &header, data, there);
  if (fate == PST_FATE_CLOSED || client->dead)
    return -1;
  if (fate == PST_FATE_WHOLE)
    {
      side->want = (gsize)header_length + body_length;
      if (side->want > PST_MAX_WHOLE)
        {
          pst_client_close (client, "a message to the bus itself is too long");
          return -1;
        }
      return 0;
    }
  /* A message that was held has taken its descriptors with it. */
  if (side->n_fds != n_fds)
    header.n_fds = 0;
  pst_side_take_fds (side, header.n_fds, &fds);
  if (fate == PST_FATE_PASS)
    pst_out_add (&pst_side_other (side)->out, data, there, fds, header.n_fds);
  else
    pst_fds_close (fds, header.n_fds);
  side->dropping = fate == PST_FATE_DROP;
  side->remaining = (guint32)(header_length + body_length - there);
  side->want = 0;
  return (gssize)there;
}

static gssize
messages (PstSide *side, const guint8 *data, gsize size)
{
  gsize at = 0;

  while (at < size)
    {
      gssize used;

      if (side->remaining > 0)
        {
          used = (gssize)MIN (side->remaining, size - at);
          if (!side->dropping)
            pst_out_add (&pst_side_other (side)->out, data + at, (gsize)used, NULL, 0);
          side->remaining -= (guint32)used;
        }
      else
        {
          if (side == &side->client->client && side->client->awaits_owners)
            break;
          used = one_message (side, data + at, size - at);
          if (used < 0)
            return -1;
          if (used == 0)
            return (gssize)at;
        }
      at += (gsize)used;
      if (side->remaining == 0 && !g_queue_is_empty (&pst_side_other (side)->inject))
        inject (pst_side_other (side));
    }
  if (at == size && side->n_fds > 0)
    {
      pst_client_close (side->client, "descriptors that belong to no message");
      return -1;
    }
  return (gssize)at;
}

/* ---- lines before them -------------------------------------------------------- */

static gssize
lines (PstSide *side, const guint8 *data, gsize size)
{
  PstClient *client = side->client;
  gssize used = side == &client->client ? pst_auth_from_client (&client->auth, data, size)
                                        : pst_auth_from_bus (&client->auth, data, size);

  if (used < 0 || side->n_fds > 0)
    {
      pst_client_close (client, "what should be authentication is none");
      return -1;
    }
  if (used > 0)
    pst_out_add (&pst_side_other (side)->out, data, (gsize)used, NULL, 0);
  side->want = 0;
  return used;
}

void
pst_client_try_begin (PstClient *client)
{
  int may = client->auth.is_done ? 0 : pst_auth_may_begin (&client->auth);
  PstSide *side = &client->client;
  guint8 *end;
  gsize length;

  if (may < 0)
    pst_client_close (client, "it began without having been let in");
  if (may <= 0 || client->dead)
    return;
  end = memmem (side->carry, side->carry_size, "\r\n", 2);
  g_assert (end != NULL);
  length = (gsize)(end + 2 - side->carry);
  pst_out_take (&client->bus.out, g_memdup2 (side->carry, length), length, NULL, 0);
  side->carry_size -= length;
  memmove (side->carry, side->carry + length, side->carry_size);
  side->want = 0;
  client->auth.is_done = TRUE;
}

/* ---- reading ------------------------------------------------------------------ */

/* Takes the buffer. */
static void
consume (PstSide *side, guint8 *take_data, gsize size, gsize capacity)
{
  PstClient *client = side->client;
  gboolean is_message = client->auth.is_done;
  gssize used = is_message ? messages (side, take_data, size) : lines (side, take_data, size);

  if (used >= 0 && (gsize)used < size)
    {
      gsize left = size - (gsize)used;

      side->carry_capacity = MAX (left, side->want > PST_CHUNK_SIZE ? side->want : 0);
      side->carry = g_malloc (side->carry_capacity);
      side->carry_size = left;
      memcpy (side->carry, take_data + used, left);
    }
  if (used >= 0)
    pst_side_flush (pst_side_other (side));
  if (used < 0 || client->dead)
    {
      /* the queue points into the buffer, and goes with the client */
      pst_out_clear (&pst_side_other (side)->out);
      pst_chunk_free (take_data, capacity);
      return;
    }
  pst_out_give (&pst_side_other (side)->out, take_data, capacity);
  if (!client->auth.is_done)
    pst_client_try_begin (client);
}

/* The scheduler may wake us for each message of a burst, while its sender would have the next ready in a moment. Three system
 * calls for one message are the better part of what it costs: let the sender write first. Only where many messages have come
 * one way, so that no answer is waited for; and when nobody else wants the core, this returns at once. */
static void
let_gather (PstSide *side)
{
  pst_side_other (side)->streak = 0;
  if (++side->streak > BURST && side->last_read < SMALL_READ)
    sched_yield ();
}

gboolean
pst_side_pass_body (PstSide *side)
{
  PstSide *to = pst_side_other (side);
  gssize got;

  if (side->dropping || to->gone || (side->remaining < LONG_BODY && to->out.pipe == NULL) || side->remaining == 0)
    return FALSE;
  side->drained = FALSE;
  /* Until there is no more, or no room for more: then epoll need not be told of anything (update_side). */
  for (guint i = 0; i < MAX_PIECES && side->remaining > 0 && !to->gone && pst_out_is_empty (&to->out); i++)
    {
      do
        got = pst_out_splice (&to->out, side->source.fd, side->remaining);
      while (got < 0 && errno == EINTR);
      if (got < 0 && errno == ENOSYS)
        return i > 0;
      side->drained = got < 0 && errno == EAGAIN;
      if (got == 0 || (got < 0 && errno != EAGAIN))
        side->eof = TRUE;
      if (got <= 0)
        return TRUE;
      side->remaining -= (guint32)got;
      side->last_read = 0; /* what comes behind it may be small */
      pst_side_flush (to);
    }
  if (side->remaining == 0)
    inject (to);
  return TRUE;
}

void
pst_side_read (PstSide *side)
{
  guint8 *data;
  gsize size = side->carry_size, capacity = PST_CHUNK_SIZE, most;
  guint n_fds = side->n_fds;
  gssize got;

  if (pst_side_pass_body (side))
    return;
  let_gather (side);
  if (side->carry_capacity > PST_CHUNK_SIZE)
    {
      /* a long message that is needed whole, and nothing behind it */
      data = side->carry;
      capacity = side->carry_capacity;
    }
  else
    {
      data = pst_chunk_new ();
      if (size > 0)
        memcpy (data, side->carry, size);
      g_free (side->carry);
    }
  side->carry = NULL;
  side->carry_size = side->carry_capacity = 0;

  /* Not much at first, so that little of a long body is copied. */
  most = MIN (capacity - size, side->last_read < FIRST_READ ? FIRST_READ : capacity);
  do
    got = pst_receive (side->source.fd, data + size, most, &side->fds, &side->n_fds);
  while (got < 0 && errno == EINTR);
  side->last_read = got > 0 ? (gsize)got : 0;
  /* The kernel stops behind what comes with descriptors, and else only where there is no more. */
  side->drained = got > 0 && (gsize)got < most && side->n_fds == n_fds;
  if (got <= 0 || (size += (gsize)got) < side->want)
    {
      if (got == 0 || (got < 0 && errno != EAGAIN))
        side->eof = TRUE;
      if (size > 0)
        {
          side->carry = capacity > PST_CHUNK_SIZE ? data : g_memdup2 (data, size);
          side->carry_size = size;
          side->carry_capacity = capacity > PST_CHUNK_SIZE ? capacity : size;
        }
      if (side->carry != data)
        pst_chunk_free (data, capacity);
      return;
    }
  consume (side, data, size, capacity);
  /* In the same turn: the receiver would be woken for the beginning, and sleep again. */
  if (side->remaining >= LONG_BODY && pst_side_may_consume (side))
    pst_side_pass_body (side);
}

void
pst_side_resume (PstSide *side)
{
  guint8 *data = side->carry;
  gsize size = side->carry_size, capacity = side->carry_capacity;

  if (data == NULL || size == 0 || size < side->want || !pst_side_may_consume (side) || capacity > PST_CHUNK_SIZE)
    return;
  side->carry = NULL;
  side->carry_size = side->carry_capacity = 0;
  consume (side, data, size, capacity);
}
