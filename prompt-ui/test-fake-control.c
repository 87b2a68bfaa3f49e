/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-fake-control.h"

#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-peer.h"
#include "pst-types.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define FIRST_TIME G_GINT64_CONSTANT (1760000000)
#define FIRST_HISTORY 5000u
#define CHANGED_GRANTS 1u
#define CHANGED_APPS 2u

typedef struct
{
  guint64 id;
  guint app;
  guint32 kind, scope, access, answer, lifetime, tier;
  char *resource;
  gint64 until, created, used;
  guint32 flags;
} Rule;

struct _FakeControl
{
  char *path;
  char *home;
  int listener;
  guint source;
  GPtrArray *peers;    /* of PstPeer */
  GPtrArray *watchers; /* of PstPeer, not owned */
  guint n_apps;
  gboolean *locked, *strict;
  GPtrArray *rules;   /* of Rule */
  GPtrArray *removed; /* of Rule: by the last change, for Undo */
  guint64 next_id;
  char *refusal, *damage; /* (nullable) */
  GHashTable *calls;      /* member → count */
  guint n_history;
  guint64 step;
  gboolean is_holding;
  GVariant *held; /* (nullable): the answer to ... */
  PstPeer *held_peer;
  guint32 held_serial;
};

static void
rule_free (gpointer data)
{
  Rule *rule = data;

  g_free (rule->resource);
  g_free (rule);
}

static char *
app_id (guint app)
{
  return g_strdup_printf ("org.example.App%04u", app);
}

static guint
app_number (const char *id)
{
  return g_str_has_prefix (id, "org.example.App") ? (guint)g_ascii_strtoull (id + strlen ("org.example.App"), NULL, 10) : 0;
}

static Rule *
add_rule (FakeControl *self, guint app, guint32 kind, char *resource_take)
{
  Rule *rule = g_new0 (Rule, 1);

  rule->id = ++self->next_id;
  rule->app = app;
  rule->kind = kind;
  rule->resource = resource_take;
  rule->scope = kind == PST_KIND_BUS ? PST_SCOPE_FILE : PST_SCOPE_TREE;
  rule->access = kind == PST_KIND_BUS ? PST_ACCESS_TALK : PST_ACCESS_VIEW;
  rule->answer = PST_ANSWER_ALLOW;
  rule->lifetime = PST_LIFETIME_ALWAYS;
  rule->tier = PST_TIER_USER;
  rule->created = FIRST_TIME + (gint64)rule->id;
  rule->used = rule->id % 3 == 0 ? rule->created + 86400 : 0;
  g_ptr_array_add (self->rules, rule);
  return rule;
}

static void
deal (FakeControl *self, guint n_grants)
{
  static const char *const places[] = { "Pictures", "Documents", "Music", "Downloads", "Videos", "Projects", "Notes" };

  for (guint i = 0; i < n_grants; i++)
    {
      guint app = self->n_apps > 0 ? i % self->n_apps : 0, n = self->n_apps > 0 ? i / self->n_apps : i;
      const char *place = places[n % G_N_ELEMENTS (places)];

      if (n == 9)
        add_rule (self, app, PST_KIND_BUS, g_strdup ("session:org.freedesktop.secrets"));
      else if (n < G_N_ELEMENTS (places))
        add_rule (self, app, PST_KIND_FILES, g_strdup_printf ("%s/%s", self->home, place));
      else
        add_rule (self, app, PST_KIND_FILES, g_strdup_printf ("%s/%s/folder %u/file-%u.dat", self->home, place, app, n))
            ->scope = PST_SCOPE_FILE;
    }
}

static GVariant *
list_apps (FakeControl *self)
{
  g_autofree guint *counts = g_new0 (guint, self->n_apps);
  GVariantBuilder builder;

  for (guint i = 0; i < self->rules->len; i++)
    counts[((Rule *)g_ptr_array_index (self->rules, i))->app]++;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssssutb)"));
  for (guint i = 0; i < self->n_apps; i++)
    {
      g_autofree char *id = app_id (i), *name = g_strdup_printf ("App %04u", i);

      g_variant_builder_add (&builder, "(ssssutb)", id, name, i % 2 == 0 ? "accessories-text-editor" : "image-viewer",
                             "/usr/bin/true", counts[i], (guint64)FIRST_TIME, i == 1);
    }
  return g_variant_new ("(a(ssssutb))", &builder);
}

static GVariant *
list_entries (FakeControl *self, const char *app)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tsuayuuuuxuxxusuu)"));
  for (guint i = 0; i < self->rules->len; i++)
    {
      const Rule *rule = g_ptr_array_index (self->rules, i);
      g_autofree char *id = app_id (rule->app);

      if (*app == '\0' || g_str_equal (app, id))
        g_variant_builder_add (&builder, "(tsu^ayuuuuxuxxusuu)", rule->id, id, rule->kind, rule->resource, rule->scope,
                               rule->access, rule->answer, rule->lifetime, rule->until, rule->tier, rule->created, rule->used,
                               (guint32)PST_ORIGIN_QUESTION, "", rule->answer, rule->flags);
    }
  return g_variant_new ("(a(tsuayuuuuxuxxusuu))", &builder);
}

static GVariant *
get_app (FakeControl *self, const char *id)
{
  guint app = app_number (id);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "id", g_variant_new_string (id));
  g_variant_builder_add (&dict, "{sv}", "executable", g_variant_new_string ("/usr/bin/true"));
  g_variant_builder_add (&dict, "{sv}", "package", g_variant_new_string ("coreutils 9.1"));
  g_variant_builder_add (&dict, "{sv}", "has_home", g_variant_new_boolean (TRUE));
  g_variant_builder_add (&dict, "{sv}", "locked", g_variant_new_boolean (self->locked[app]));
  g_variant_builder_add (&dict, "{sv}", "strict", g_variant_new_boolean (self->strict[app]));
  return g_variant_new ("(a{sv})", &dict);
}

static void
add_row (GVariantBuilder *builder, guint64 row, const char *resource)
{
  g_variant_builder_add (builder, "(txsts^ayuuus)", row, FIRST_TIME + (gint64)row, "org.example.App0001", (guint64)1,
                         row % 2 == 0 ? "asked" : "refused", resource, PST_ACCESS_VIEW, 0u, 0u, "");
}

static GVariant *
history (FakeControl *self, guint64 before, GVariant *filter)
{
  guint32 limit = 100, n = 0;
  guint64 row = before > 0 ? before : self->n_history + 1, last;
  const char *text = "";
  GVariantBuilder builder;

  g_variant_lookup (filter, "limit", "u", &limit);
  g_variant_lookup (filter, "text", "&s", &text);
  last = row > self->step + 1 ? row - self->step : 1;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(txstsayuuus)"));
  while (row > last && n < limit)
    {
      g_autofree char *resource = g_strdup_printf ("/home/jane/Pictures/%" G_GUINT64_FORMAT ".jpg", --row);

      if (strstr (resource, text) == NULL)
        continue;
      add_row (&builder, row, resource);
      n++;
    }
  return g_variant_new ("(a(txstsayuuus)t)", &builder, row > 1 ? row : 0);
}

static void
tell (FakeControl *self, guint32 topics)
{
  const char *const none[] = { NULL };

  for (guint i = 0; i < self->watchers->len; i++)
    pst_peer_notify (g_ptr_array_index (self->watchers, i), PST_CONTROL_CHANGED, g_variant_new ("(u^as)", topics, none), NULL,
                     0);
}

void
fake_control_happen (FakeControl *self)
{
  g_autofree char *resource = g_strdup_printf ("/home/jane/Pictures/%u.jpg", ++self->n_history);

  for (guint i = 0; i < self->watchers->len; i++)
    {
      GVariantBuilder rows;

      g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(txstsayuuus)"));
      add_row (&rows, self->n_history, resource);
      pst_peer_notify (g_ptr_array_index (self->watchers, i), PST_CONTROL_EVENT, g_variant_new ("(a(txstsayuuus))", &rows),
                       NULL, 0);
    }
}

static void
forget_removed (FakeControl *self)
{
  g_ptr_array_set_size (self->removed, 0);
}

static guint32
remove_ids (FakeControl *self, GVariant *args)
{
  g_autoptr (GVariant) ids = g_variant_get_child_value (args, 0);
  gsize n;
  const guint64 *numbers = g_variant_get_fixed_array (ids, &n, sizeof (guint64));
  guint32 removed = 0;

  forget_removed (self);
  for (guint i = self->rules->len; i-- > 0;)
    for (gsize k = 0; k < n; k++)
      if (((Rule *)g_ptr_array_index (self->rules, i))->id == numbers[k])
        {
          g_ptr_array_add (self->removed, g_ptr_array_steal_index (self->rules, i));
          removed++;
          break;
        }
  return removed;
}

/* Whoever loses more than one permission still has a file open. */
static GVariant *
list_held (FakeControl *self)
{
  GVariantBuilder held;

  g_variant_builder_init (&held, G_VARIANT_TYPE ("a(usay)"));
  if (self->removed->len > 1)
    g_variant_builder_add (&held, "(us^ay)", 4711u, "app", "/home/jane/Pictures/open.jpg");
  return g_variant_builder_end (&held);
}

/* (nullable): of a method that changes something */
static GVariant *
change (FakeControl *self, PstMessage *message)
{
  const char *member = message->member;

  if (g_str_equal (member, PST_CONTROL_REMOVE_GRANTS))
    {
      guint32 removed = remove_ids (self, message->args);

      return g_variant_new ("(u@a(usay)t)", removed, list_held (self), (guint64)1);
    }
  if (g_str_equal (member, PST_CONTROL_UNDO))
    {
      while (self->removed->len > 0)
        g_ptr_array_add (self->rules, g_ptr_array_steal_index (self->removed, self->removed->len - 1));
      return g_variant_new ("()");
    }
  if (g_str_equal (member, PST_CONTROL_CHANGE_GRANT))
    {
      guint64 id;
      g_autoptr (GVariant) bytes = NULL;
      guint32 scope, access, answer, lifetime;
      gint64 until;

      g_variant_get (message->args, "(t@ayuuuux)", &id, &bytes, &scope, &access, &answer, &lifetime, &until);
      for (guint i = 0; i < self->rules->len; i++)
        {
          Rule *rule = g_ptr_array_index (self->rules, i);

          if (rule->id != id)
            continue;
          if (g_variant_get_size (bytes) > 1)
            {
              g_free (rule->resource);
              rule->resource = g_variant_dup_bytestring (bytes, NULL);
            }
          rule->access = access;
          rule->answer = answer;
          rule->lifetime = lifetime;
          rule->until = until;
        }
      return g_variant_new ("(tt)", id, (guint64)1);
    }
  if (g_str_equal (member, PST_CONTROL_SET_APP))
    {
      const char *id;
      g_autoptr (GVariant) changes = NULL;
      guint app;

      g_variant_get (message->args, "(&s@a{sv})", &id, &changes);
      app = app_number (id);
      g_variant_lookup (changes, "locked", "b", &self->locked[app]);
      g_variant_lookup (changes, "strict", "b", &self->strict[app]);
      return g_variant_new ("(t)", (guint64)1);
    }
  return NULL;
}

static void
answer_history (FakeControl *self, PstPeer *peer, PstMessage *message)
{
  g_autoptr (GVariant) filter = g_variant_get_child_value (message->args, 0);
  guint64 before = 0;
  GVariant *reply;

  g_variant_lookup (filter, "before", "t", &before);
  reply = history (self, before, filter);
  if (!self->is_holding || before == 0)
    {
      pst_peer_reply (peer, message->serial, reply, NULL, 0);
      return;
    }
  g_assert_null (self->held);
  self->held = g_variant_ref_sink (reply);
  self->held_peer = peer;
  self->held_serial = message->serial;
}

static void
answer (FakeControl *self, PstPeer *peer, PstMessage *message, const char *word)
{
  const char *member = message->member;
  GVariant *reply = NULL;

  if (g_str_equal (member, PST_CONTROL_LIST_APPS))
    reply = list_apps (self);
  else if (g_str_equal (member, PST_CONTROL_LIST_ENTRIES))
    reply = list_entries (self, word);
  else if (g_str_equal (member, PST_CONTROL_GET_APP))
    reply = get_app (self, word);
  else if (g_str_equal (member, PST_CONTROL_HOME_SIZE))
    reply = g_variant_new ("(tt)", (guint64)12345678, (guint64)35);
  else if (g_str_equal (member, PST_CONTROL_LIST_HELD))
    reply = g_variant_new ("(@a(usay))", list_held (self));
  else if (g_str_equal (member, PST_CONTROL_HISTORY))
    {
      answer_history (self, peer, message);
      return;
    }
  if (reply != NULL && self->damage != NULL)
    {
      g_variant_unref (g_variant_ref_sink (reply));
      pst_peer_reply_error (peer, message->serial, self->damage);
      return;
    }
  if (reply == NULL && self->refusal != NULL)
    {
      pst_peer_reply_error (peer, message->serial, self->refusal);
      return;
    }
  if (reply == NULL)
    {
      reply = change (self, message);
      if (reply == NULL)
        g_error ("The manager sent “%s”", member);
      pst_peer_reply (peer, message->serial, reply, NULL, 0);
      tell (self, CHANGED_GRANTS | CHANGED_APPS);
      return;
    }
  pst_peer_reply (peer, message->serial, reply, NULL, 0);
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  FakeControl *self = data;
  gpointer count = g_hash_table_lookup (self->calls, message->member);
  const char *word = "";

  g_hash_table_replace (self->calls, g_strdup (message->member), GUINT_TO_POINTER (GPOINTER_TO_UINT (count) + 1));
  if (g_str_equal (message->member, "Hello"))
    pst_peer_reply (peer, message->serial, NULL, NULL, 0);
  else if (g_str_equal (message->member, PST_CONTROL_WATCH))
    {
      g_ptr_array_add (self->watchers, peer);
      pst_peer_reply (peer, message->serial, NULL, NULL, 0);
    }
  else
    {
      if (g_variant_n_children (message->args) > 0)
        {
          g_autoptr (GVariant) first = g_variant_get_child_value (message->args, 0);

          if (g_variant_is_of_type (first, G_VARIANT_TYPE_STRING))
            g_variant_get_child (message->args, 0, "&s", &word);
        }
      answer (self, peer, message, word);
    }
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  FakeControl *self = data;

  g_ptr_array_remove (self->watchers, peer);
  g_ptr_array_remove (self->peers, peer);
}

static gboolean
on_connection (int fd, GIOCondition condition, gpointer data)
{
  FakeControl *self = data;
  int connection = accept4 (fd, NULL, NULL, SOCK_CLOEXEC);
  PstPeer *peer;

  g_assert_cmpint (connection, >=, 0);
  peer = pst_peer_new_take_fd (connection);
  g_ptr_array_add (self->peers, peer);
  pst_peer_start (peer, on_message, on_closed, self);
  return G_SOURCE_CONTINUE;
}

void
fake_control_start (FakeControl *self)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_assert_cmpuint (strlen (self->path), <, sizeof address.sun_path);
  strcpy (address.sun_path, self->path);
  g_unlink (self->path);
  self->listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  g_assert_no_errno (self->listener);
  g_assert_no_errno (bind (self->listener, (struct sockaddr *)&address, sizeof address));
  g_assert_no_errno (listen (self->listener, 8));
  self->source = g_unix_fd_add (self->listener, G_IO_IN, on_connection, self);
}

void
fake_control_stop (FakeControl *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  pst_fd_clear (&self->listener);
  g_clear_pointer (&self->held, g_variant_unref);
  g_ptr_array_set_size (self->watchers, 0);
  g_ptr_array_set_size (self->peers, 0);
}

FakeControl *
fake_control_new (const char *home, guint n_apps, guint n_grants)
{
  FakeControl *self = g_new0 (FakeControl, 1);
  g_autofree char *folder = g_build_filename (g_getenv ("XDG_RUNTIME_DIR"), "postern", NULL);

  g_assert_no_errno (g_mkdir_with_parents (folder, 0700));
  self->path = g_build_filename (folder, "broker", NULL);
  self->home = g_strdup (home);
  self->listener = -1;
  self->n_apps = n_apps;
  self->n_history = FIRST_HISTORY;
  self->step = G_MAXUINT;
  self->locked = g_new0 (gboolean, n_apps + 1);
  self->strict = g_new0 (gboolean, n_apps + 1);
  self->peers = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_peer_unref);
  self->watchers = g_ptr_array_new ();
  self->rules = g_ptr_array_new_with_free_func (rule_free);
  self->removed = g_ptr_array_new_with_free_func (rule_free);
  self->calls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  deal (self, n_grants);
  fake_control_start (self);
  return self;
}

void
fake_control_free (FakeControl *self)
{
  fake_control_stop (self);
  g_unlink (self->path);
  g_ptr_array_unref (self->peers);
  g_ptr_array_unref (self->watchers);
  g_ptr_array_unref (self->rules);
  g_ptr_array_unref (self->removed);
  g_hash_table_unref (self->calls);
  g_clear_pointer (&self->held, g_variant_unref);
  g_free (self->locked);
  g_free (self->strict);
  g_free (self->refusal);
  g_free (self->damage);
  g_free (self->home);
  g_free (self->path);
  g_free (self);
}

guint64
fake_control_add (FakeControl *self, guint app, const char *resource)
{
  Rule *rule = add_rule (self, app, PST_KIND_FILES, g_strdup (resource));

  tell (self, CHANGED_GRANTS | CHANGED_APPS);
  return rule->id;
}

guint
fake_control_count (FakeControl *self, guint app)
{
  guint n = 0;

  for (guint i = 0; i < self->rules->len; i++)
    n += ((Rule *)g_ptr_array_index (self->rules, i))->app == app;
  return n;
}

void
fake_control_refuse (FakeControl *self, const char *sentence)
{
  g_free (self->refusal);
  self->refusal = g_strdup (sentence);
}

void
fake_control_damage (FakeControl *self, const char *sentence)
{
  g_free (self->damage);
  self->damage = g_strdup (sentence);
  tell (self, CHANGED_GRANTS | CHANGED_APPS);
}

void
fake_control_search_in_steps (FakeControl *self, guint rows)
{
  self->step = rows;
}

void
fake_control_hold (FakeControl *self)
{
  self->is_holding = TRUE;
}

gboolean
fake_control_is_held (gpointer control)
{
  return ((FakeControl *)control)->held != NULL;
}

void
fake_control_release (FakeControl *self)
{
  g_autoptr (GVariant) answer = g_steal_pointer (&self->held);

  g_assert_nonnull (answer);
  pst_peer_reply (self->held_peer, self->held_serial, answer, NULL, 0);
}

guint
fake_control_calls (FakeControl *self, const char *member)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->calls, member));
}
