/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "auth.h"
#include "client.h"
#include "expected.h"
#include "filter.h"
#include "loop.h"
#include "match-rules.h"
#include "stream.h"

G_BEGIN_DECLS

/* Serials above this are the proxy's own. */
#define PST_MAX_CLIENT_SERIAL (G_MAXUINT32 - 65536)
/* A message that has to be looked into, or rewritten, is read whole; no honest one is longer. */
#define PST_MAX_WHOLE (16u * 1024 * 1024)

/* What is to be done with the reply to a call that was passed on, or made in the place of one. */
typedef enum
{
  PST_REPLY_PASS = 1,
  PST_REPLY_HELLO,
  PST_REPLY_LIST,
  /* to calls of the proxy's own */
  PST_REPLY_WATCHED,
  PST_REPLY_LIST_OWN,
  PST_REPLY_OWNER,
  PST_REPLY_GO_ON,
  PST_REPLY_WHO_IS_THERE,
  /* a Ping took the place of the call; its reply is replaced */
  PST_REPLY_DENIED,
  PST_REPLY_UNKNOWN,
  PST_REPLY_NO_OWNER,
  PST_REPLY_FALSE,
  PST_REPLY_ONE,
  PST_REPLY_TWO,
  PST_REPLY_ADDRESS,
  PST_REPLY_LIMIT,
} PstReplyKind;

typedef struct
{
  PstSource source; /* first: a source is cast to its side */
  PstClient *client;
  guint8 *carry; /* (nullable): what was read and could not be used yet */
  gsize carry_size, carry_capacity;
  gsize last_read;   /* bytes */
  gboolean drained;  /* nothing was left in the socket when it was read last */
  gboolean blocked;  /* the socket takes no more until epoll says so */
  guint streak;      /* readings since the other side was read */
  gsize want;        /* not worth looking at before there are so many bytes */
  guint32 remaining; /* bytes of a body that are still to come … */
  gboolean dropping; /* … and do not pass */
  int *fds;          /* (nullable): received, and not yet a message's */
  guint n_fds;
  gboolean eof;  /* nothing more comes from there … */
  gboolean gone; /* … and nothing more is taken there */
  PstOut out;    /* on its way to this side */
  GQueue inject; /* of PstSegment: to go out to this side when the message that is passing there has ended */
} PstSide;

struct _PstClient
{
  const PstBus *bus_config;
  PstSide client, bus;
  guint next_address;
  gboolean connecting, dead;
  PstAuth auth;
  PstNames *names;
  PstExpected calls;         /* of the client, by serial: PstReplyKind */
  PstExpected bus_calls;     /* of peers, by peer and serial */
  PstMatchRules match_rules; /* those that it has added itself */
  guint32 last_own_serial;
  GHashTable *owner_queries; /* own serial → name */
  gboolean said_hello, awaits_who;
  gboolean awaits_owners; /* nothing of the client's is judged before it is known who owns the policy's names */
  GQueue held;            /* of questions */
  const PstAsk *retried;  /* (nullable): the one whose messages are being judged again */
  gsize held_bytes;
  guint n_held, n_held_fds;
};

static inline PstSide *
pst_side_other (PstSide *side)
{
  return side == &side->client->client ? &side->client->bus : &side->client->client;
}

/* A message of ours, or a held one, to that side, at the next place where one may begin. */
void pst_side_send (PstSide *to, guint8 *take_data, gsize size, int *take_fds, guint n_fds);
/* The first @n descriptors that have arrived from that side, which are there. */
void pst_side_take_fds (PstSide *side, guint n, int **fds);
/* Sends what is on its way to that side, as far as it takes it. */
void pst_side_flush (PstSide *side);
/* Is there room on the other side for what comes from this one, and is its time? */
gboolean pst_side_may_consume (PstSide *side);
/* Reads once what has arrived from that side, and passes it on. */
void pst_side_read (PstSide *side);
/* The rest of a long body. FALSE: it has to be read like all else. */
gboolean pst_side_pass_body (PstSide *side);
/* What was carried over because its time had not come. */
void pst_side_resume (PstSide *side);
/* The client has said BEGIN, which is still in its carry-over: passes it on when all is answered. */
void pst_client_try_begin (PstClient *client);
void pst_client_close (PstClient *client, const char *why);
/* After something may have changed outside a reading: sends, and goes on with what was put off. */
void pst_client_continue (PstClient *client);

/* One message begins at @data, of which @size bytes are there. What became of it. */
typedef enum
{
  PST_FATE_PASS,
  PST_FATE_DROP,
  PST_FATE_WHOLE,  /* to be shown again with the whole body */
  PST_FATE_CLOSED, /* the client is dead */
} PstFate;
PstFate pst_client_from_client (PstClient *client, const PstHeader *header, const guint8 *data, gsize size);
PstFate pst_client_from_bus (PstClient *client, const PstHeader *header, const guint8 *data, gsize size);
/* A Ping in the place of a call, whose reply becomes what @kind says. */
void pst_client_refuse (PstClient *client, const PstHeader *header, PstReplyKind kind);
void pst_client_query_owner (PstClient *client, const char *name, gboolean watch);
/* Nothing more of the client is judged before the bus has answered all that it was asked. */
void pst_client_await_owners (PstClient *client);
/* Asks who is still there, when it is time to forget the others. */
void pst_client_look_around (PstClient *client);
/* Asks who owns those names of the policy of which that is not known. */
void pst_client_learn_owners (PstClient *client);

/* A held message, judged again: put into the bus's queue, refused, or held again. Takes the data and descriptors. */
void pst_client_send_held (PstClient *client, guint8 *take_data, gsize size, int *take_fds, guint n_fds);

/* Must this message wait, because something for the same name does? */
PstAsk *pst_client_find_ask (PstClient *client, const PstHeader *header);
/* Holds a copy of the message, for @ask or, if it is NULL, for a new question about @name; if that is NULL too, until the owner
 * of its destination is known. */
void
pst_client_hold (PstClient *client, PstAsk *ask, const char *name, const PstHeader *header, const guint8 *data, gsize size);
gboolean pst_ask_is_for_owner (const PstAsk *ask);
/* Who owns @name is known now. */
void pst_client_owner_known (PstClient *client, const char *name);
void pst_client_drop_asks (PstClient *client);

G_END_DECLS
