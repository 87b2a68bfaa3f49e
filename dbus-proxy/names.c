/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names.h"

#include "catalogue.h"
#include "message.h"

#include <string.h>

typedef struct
{
  guint32 number;
  guint look;       /* it was there in that look */
  gboolean wrote;   /* to the client */
  GPtrArray *owned; /* (nullable): well-known names, now or once: the first n_lost of them once */
  guint n_lost;
} Peer;

/* Who owns a well-known name. */
typedef struct
{
  GPtrArray *peers; /* of Peer (not owned): now or once */
  Peer *now;        /* (nullable) (not owned) */
} Owners;

struct _PstNames
{
  char *self;
  GHashTable *peers;   /* unique name → Peer */
  GHashTable *owners;  /* well-known name → Owners */
  GHashTable *answers; /* (nullable) well-known name → 1 allowed, 0 denied */
  GHashTable *outside; /* set of names that the client owns on the bus in truth */
  GHashTable *known;   /* well-known name or "….*" → whether it is known, as a pointer: the bus is being asked otherwise */
  guint32 last_number;
  guint crowd; /* peers, before the next look */
  guint look;
};

static void
peer_free (gpointer data)
{
  Peer *peer = data;

  if (peer->owned != NULL)
    g_ptr_array_free (peer->owned, TRUE);
  g_free (peer);
}

static void
owners_free (gpointer data)
{
  Owners *owners = data;

  g_ptr_array_free (owners->peers, TRUE);
  g_free (owners);
}

PstNames *
pst_names_new (void)
{
  PstNames *names = g_new0 (PstNames, 1);

  names->self = g_strdup ("");
  names->crowd = PST_NAMES_CROWD;
  names->peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, peer_free);
  names->owners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, owners_free);
  names->outside = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  names->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return names;
}

void
pst_names_free (PstNames *names)
{
  if (names == NULL)
    return;
  g_free (names->self);
  g_hash_table_unref (names->owners);
  g_hash_table_unref (names->peers);
  g_hash_table_unref (names->outside);
  g_hash_table_unref (names->known);
  g_clear_pointer (&names->answers, g_hash_table_unref);
  g_free (names);
}

void
pst_names_set_self (PstNames *names, const char *unique)
{
  g_free (names->self);
  names->self = g_strdup (unique);
}

const char *
pst_names_get_self (const PstNames *names)
{
  return names->self;
}

static Peer *
ensure (PstNames *names, const char *unique)
{
  Peer *peer = g_hash_table_lookup (names->peers, unique);

  if (peer != NULL || unique[0] != ':')
    return peer;
  peer = g_new0 (Peer, 1);
  peer->number = ++names->last_number;
  g_hash_table_insert (names->peers, g_strdup (unique), peer);
  return peer;
}

guint32
pst_names_saw (PstNames *names, const char *unique)
{
  Peer *peer = g_hash_table_lookup (names->peers, unique);

  if (peer == NULL && g_hash_table_size (names->peers) < PST_NAMES_MAX_PEERS)
    peer = ensure (names, unique);
  if (peer != NULL)
    peer->wrote = TRUE;
  return peer != NULL ? peer->number : 0;
}

guint32
pst_names_get_number (const PstNames *names, const char *unique)
{
  Peer *peer = g_hash_table_lookup (names->peers, unique);

  return peer != NULL ? peer->number : 0;
}

static gboolean
find_owned (const Peer *peer, const char *well_known, guint *index)
{
  return peer != NULL && peer->owned != NULL && g_ptr_array_find_with_equal_func (peer->owned, well_known, g_str_equal, index);
}

gboolean
pst_names_owns (const PstNames *names, const char *unique, const char *well_known)
{
  return find_owned (g_hash_table_lookup (names->peers, unique), well_known, NULL);
}

void
pst_names_add_owner (PstNames *names, const char *unique, const char *well_known)
{
  Peer *peer = ensure (names, unique);
  Owners *owners = g_hash_table_lookup (names->owners, well_known);
  guint index;

  if (peer == NULL)
    return;
  if (owners == NULL)
    {
      owners = g_new0 (Owners, 1);
      owners->peers = g_ptr_array_new ();
      g_hash_table_insert (names->owners, g_strdup (well_known), owners);
    }
  owners->now = peer;
  if (peer->owned == NULL)
    peer->owned = g_ptr_array_new_with_free_func (g_free);
  if (!find_owned (peer, well_known, &index))
    {
      g_ptr_array_add (owners->peers, peer);
    }
  else if (index < peer->n_lost)
    {
      g_ptr_array_remove_index (peer->owned, index);
      peer->n_lost--;
    }
  else
    {
      return;
    }
  g_ptr_array_add (peer->owned, g_strdup (well_known));
}

static void
leave (PstNames *names, Peer *peer, const char *well_known)
{
  Owners *owners = g_hash_table_lookup (names->owners, well_known);

  g_ptr_array_remove (owners->peers, peer);
  if (owners->now == peer)
    owners->now = NULL;
  if (owners->peers->len == 0)
    g_hash_table_remove (names->owners, well_known);
}

void
pst_names_lost_owner (PstNames *names, const char *unique, const char *well_known)
{
  Peer *peer = g_hash_table_lookup (names->peers, unique);
  Owners *owners = g_hash_table_lookup (names->owners, well_known);
  guint index;

  if (!find_owned (peer, well_known, &index) || index < peer->n_lost)
    return;
  if (owners->now == peer)
    owners->now = NULL;
  g_ptr_array_insert (peer->owned, (gint)peer->n_lost++, g_ptr_array_steal_index (peer->owned, index));
  if (peer->n_lost <= PST_NAMES_MAX_LOST)
    return;
  leave (names, peer, g_ptr_array_index (peer->owned, 0));
  g_ptr_array_remove_index (peer->owned, 0);
  peer->n_lost--;
}

static void
leave_all (PstNames *names, Peer *peer)
{
  for (guint i = 0; peer->owned != NULL && i < peer->owned->len; i++)
    leave (names, peer, g_ptr_array_index (peer->owned, i));
}

void
pst_names_forget (PstNames *names, const char *unique)
{
  Peer *peer = g_hash_table_lookup (names->peers, unique);

  if (peer != NULL)
    leave_all (names, peer);
  g_hash_table_remove (names->peers, unique);
}

gboolean
pst_names_is_crowded (const PstNames *names)
{
  return g_hash_table_size (names->peers) >= names->crowd;
}

void
pst_names_is_there (PstNames *names, const char *unique)
{
  Peer *peer = g_hash_table_lookup (names->peers, unique);

  if (peer != NULL)
    peer->look = names->look + 1;
}

GHashTable *
pst_names_sweep (PstNames *names)
{
  GHashTable *numbers = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer value;

  names->look++;
  g_hash_table_iter_init (&iter, names->peers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Peer *peer = value;

      if (peer->look == names->look)
        {
          g_hash_table_add (numbers, GUINT_TO_POINTER (peer->number));
          continue;
        }
      leave_all (names, peer);
      g_hash_table_iter_remove (&iter);
    }
  names->crowd = MAX (PST_NAMES_CROWD, 2 * g_hash_table_size (names->peers));
  return numbers;
}

gboolean
pst_names_has_owner (const PstNames *names, const char *well_known)
{
  const Owners *owners = g_hash_table_lookup (names->owners, well_known);

  return owners != NULL && owners->now != NULL;
}

void
pst_names_expect_owner (PstNames *names, const char *well_known)
{
  if (!g_hash_table_contains (names->known, well_known))
    g_hash_table_insert (names->known, g_strdup (well_known), GINT_TO_POINTER (FALSE));
}

void
pst_names_set_known (PstNames *names, const char *well_known)
{
  g_hash_table_insert (names->known, g_strdup (well_known), GINT_TO_POINTER (TRUE));
}

gboolean
pst_names_expects_owner (const PstNames *names, const char *well_known)
{
  gpointer known;

  return g_hash_table_lookup_extended (names->known, well_known, NULL, &known) && !GPOINTER_TO_INT (known);
}

gboolean
pst_names_is_watched (const PstNames *names, const char *well_known)
{
  return g_hash_table_contains (names->known, well_known);
}

gboolean
pst_names_is_known (const PstNames *names, const char *well_known)
{
  char pattern[PST_MESSAGE_MAX_NAME + 3];
  gsize length = strlen (well_known);
  gpointer known;

  if (g_hash_table_lookup_extended (names->known, well_known, NULL, &known))
    return GPOINTER_TO_INT (known);
  if (length > PST_MESSAGE_MAX_NAME)
    return FALSE;
  memcpy (pattern, well_known, length);
  do
    {
      strcpy (pattern + length, ".*");
      if (g_hash_table_contains (names->known, pattern))
        return TRUE;
      while (length > 0 && pattern[--length] != '.')
        ;
    }
  while (length > 0);
  return FALSE;
}

gboolean
pst_names_claim (PstNames *names, const char *well_known)
{
  if (g_hash_table_contains (names->outside, well_known))
    return TRUE;
  return g_hash_table_size (names->outside) < PST_NAMES_MAX_OUTSIDE && g_hash_table_add (names->outside, g_strdup (well_known));
}

gboolean
pst_names_unclaim (PstNames *names, const char *well_known)
{
  return g_hash_table_remove (names->outside, well_known);
}

guint
pst_names_get_n_peers (const PstNames *names)
{
  return g_hash_table_size (names->peers);
}

void
pst_names_set_answer (PstNames *names, const char *well_known, gboolean allow)
{
  if (names->answers == NULL)
    names->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace (names->answers, g_strdup (well_known), GINT_TO_POINTER (allow));
}

static void
match_well_known (const PstNames *names, const PstBusPolicy *policy, const char *name, const PstBusQuery *query,
                  PstBusMatch *match)
{
  PstBusMatch one = { 0 };
  gpointer allow;

  pst_bus_policy_match (policy, name, query, &one);
  if (one.ask_name != NULL && names->answers != NULL && g_hash_table_lookup_extended (names->answers, name, NULL, &allow))
    {
      one.ask_name = NULL;
      if (GPOINTER_TO_INT (allow))
        {
          one.level = MAX (one.level, PST_BUS_TALK);
          one.matched = TRUE;
        }
      else
        {
          one.denied = TRUE;
        }
    }
  match->level = MAX (match->level, one.level);
  match->matched |= one.matched;
  match->denied |= one.denied;
  if (match->ask_name == NULL)
    match->ask_name = one.ask_name;
}

/* What @peer owns says something about a message to any of its names: D-Bus delivers by the connection. *@best is whose word
 * holds. */
static void
join_peer (const PstBusPolicy *policy, const Peer *peer, const char *but, const PstBusQuery *query, PstBusOpinion *opinion,
           const char **best)
{
  for (guint i = 0; peer->owned != NULL && i < peer->owned->len; i++)
    {
      const char *name = g_ptr_array_index (peer->owned, i);
      PstBusOpinion one;

      if (but != NULL && strcmp (name, but) == 0)
        continue;
      pst_catalogue_consult (policy, name, query, &one);
      if (*best == NULL)
        *opinion = one;
      if (*best == NULL || pst_catalogue_join (opinion, &one))
        *best = name;
    }
}

static void
match_by_catalogue (const PstNames *names, const PstBusPolicy *policy, const char *name, const PstBusQuery *query,
                    PstBusMatch *match)
{
  const Peer *peer = name[0] == ':' ? g_hash_table_lookup (names->peers, name) : NULL;
  const char *best = NULL;
  PstBusOpinion opinion;

  if (name[0] == ':')
    {
      if (peer != NULL)
        join_peer (policy, peer, NULL, query, &opinion, &best);
      if (peer != NULL && peer->wrote)
        match->level = MAX (match->level, PST_BUS_SEE);
    }
  else
    {
      const Owners *owners = query != NULL ? g_hash_table_lookup (names->owners, name) : NULL;
      PstBusLevel level;

      pst_catalogue_consult (policy, name, query, &opinion);
      level = opinion.level;
      best = name;
      for (guint i = 0; owners != NULL && i < owners->peers->len; i++)
        join_peer (policy, g_ptr_array_index (owners->peers, i), name, query, &opinion, &best);
      /* What may be seen of the others is seen under their names; a name that is there at all may be sent what another of the
       * same connection allows. */
      opinion.level = level == PST_BUS_SEE && opinion.answer == PST_BUS_ANSWER_ALLOW && query != NULL ? PST_BUS_TALK : level;
    }
  if (best != NULL)
    pst_catalogue_conclude (&opinion, best, query, match);
}

void
pst_names_match (const PstNames *names, const PstBusPolicy *policy, const char *name, const PstBusQuery *query,
                 PstBusMatch *match)
{
  const Peer *peer;

  if (name[0] == ':' && strcmp (name, names->self) == 0)
    {
      match->level = MAX (match->level, PST_BUS_TALK);
      match->matched = TRUE;
    }
  if (policy->by_catalogue)
    {
      match_by_catalogue (names, policy, name, query, match);
      return;
    }
  if (name[0] != ':')
    {
      match_well_known (names, policy, name, query, match);
      return;
    }
  peer = g_hash_table_lookup (names->peers, name);
  if (peer == NULL)
    return;
  match->level = MAX (match->level, PST_BUS_SEE);
  for (guint i = 0; peer->owned != NULL && i < peer->owned->len; i++)
    match_well_known (names, policy, g_ptr_array_index (peer->owned, i), query, match);
}
