/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The command line of xdg-dbus-proxy: general options, then for each bus its address, the path to listen at, and the options of
 * that bus, among which general ones may stand. --args=FD is replaced by what is read there. */

#define MAX_ARGS_BYTES (16u * 1024 * 1024)

static void
bus_free (gpointer data)
{
  PstBusOption *bus = data;

  g_free (bus->address);
  g_free (bus->path);
  pst_bus_policy_free (bus->policy);
  g_free (bus);
}

static gboolean
parse_fd (const char *text, int *fd)
{
  char *end;
  long value;

  errno = 0;
  value = strtol (text, &end, 10);
  if (!g_ascii_isdigit (text[0]) || *end != '\0' || errno != 0 || value > INT_MAX)
    return FALSE;
  *fd = (int)value;
  return TRUE;
}

static GString *
read_all (int fd)
{
  GString *text = g_string_new (NULL);
  char data[4096];
  gssize got;

  do
    {
      got = read (fd, data, sizeof data);
      if (got > 0)
        g_string_append_len (text, data, got);
    }
  while ((got > 0 && text->len <= MAX_ARGS_BYTES) || (got < 0 && errno == EINTR));
  if (got == 0)
    return text;
  if (got > 0)
    errno = E2BIG;
  g_string_free (text, TRUE);
  return NULL;
}

static gboolean
insert_args (GPtrArray *arguments, guint at, const char *text, char **error)
{
  g_autoptr (GString) read = NULL;
  int fd;

  if (!parse_fd (text, &fd))
    {
      *error = g_strdup_printf ("Invalid --args fd %s", text);
      return FALSE;
    }
  read = read_all (fd);
  if (read == NULL)
    {
      *error = g_strdup_printf ("Failed to load --args: %s", g_strerror (errno));
      return FALSE;
    }
  for (gsize start = 0; start < read->len; start += strlen (read->str + start) + 1)
    g_ptr_array_insert (arguments, (int)at++, g_strdup (read->str + start));
  return TRUE;
}

/* An option that may stand anywhere. */
static gboolean
parse_general (PstOptions *options, GPtrArray *arguments, guint *at, char **error)
{
  const char *argument = g_ptr_array_index (arguments, *at);

  (*at)++;
  if (strcmp (argument, "--help") == 0)
    options->help = TRUE;
  else if (strcmp (argument, "--version") == 0)
    options->version = TRUE;
  else if (g_str_has_prefix (argument, "--args="))
    return insert_args (arguments, *at, argument + strlen ("--args="), error);
  else if (g_str_has_prefix (argument, "--fd=") || g_str_has_prefix (argument, "--ask-fd="))
    {
      const char *value = strchr (argument, '=') + 1;

      if (parse_fd (value, argument[2] == 'f' ? &options->sync_fd : &options->ask_fd))
        return TRUE;
      *error = g_strdup_printf ("Invalid fd %s", value);
    }
  else
    *error = g_strdup_printf ("Unknown argument %s", argument);
  return *error == NULL;
}

static gboolean
parse_rule (PstBusPolicy *policy, const char *value, PstBusKind kind, char **error)
{
  const char *equals = strchr (value, '=');
  g_autofree char *name = equals != NULL ? g_strndup (value, (gsize)(equals - value)) : NULL;

  if (name != NULL && pst_bus_policy_add_rule (policy, name, equals + 1, kind))
    return TRUE;
  *error = g_strdup_printf ("'%s' is not a valid name + rule", value);
  return FALSE;
}

static gboolean
parse_bus_option (PstOptions *options, PstBusPolicy *policy, GPtrArray *arguments, guint *at, char **error)
{
  static const struct
  {
    const char *prefix;
    PstBusLevel level;
    PstBusAnswer answer;
  } levels[] = {
    { "--see=", PST_BUS_SEE, PST_BUS_ANSWER_ALLOW },  { "--talk=", PST_BUS_TALK, PST_BUS_ANSWER_ALLOW },
    { "--own=", PST_BUS_OWN, PST_BUS_ANSWER_ALLOW },  { "--ask=", PST_BUS_SEE, PST_BUS_ANSWER_ASK },
    { "--deny=", PST_BUS_NONE, PST_BUS_ANSWER_DENY },
  };
  const char *argument = g_ptr_array_index (arguments, *at);

  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      const char *name = argument + strlen (levels[i].prefix);

      if (!g_str_has_prefix (argument, levels[i].prefix))
        continue;
      (*at)++;
      if (pst_bus_policy_add (policy, name, levels[i].level, levels[i].answer))
        return TRUE;
      *error = g_strdup_printf ("'%s' is not a valid dbus name", name);
      return FALSE;
    }
  if (g_str_has_prefix (argument, "--call="))
    return (*at)++, parse_rule (policy, argument + strlen ("--call="), PST_BUS_CALLS, error);
  if (g_str_has_prefix (argument, "--broadcast="))
    return (*at)++, parse_rule (policy, argument + strlen ("--broadcast="), PST_BUS_BROADCASTS, error);
  if (strcmp (argument, "--filter") == 0)
    policy->filter = TRUE;
  else if (strcmp (argument, "--log") == 0)
    policy->log = TRUE;
  else if (strcmp (argument, "--sloppy-names") == 0)
    policy->sloppy_names = TRUE;
  else if (strcmp (argument, "--ask-undecided") == 0)
    policy->ask_undecided = TRUE;
  else
    return parse_general (options, arguments, at, error);
  (*at)++;
  return TRUE;
}

static const char *
take_word (GPtrArray *arguments, guint *at)
{
  const char *word = *at < arguments->len ? g_ptr_array_index (arguments, *at) : NULL;

  if (word == NULL || word[0] == '-' || word[0] == '\0')
    return NULL;
  (*at)++;
  return word;
}

static gboolean
parse_bus (PstOptions *options, GPtrArray *arguments, guint *at, char **error)
{
  PstBusOption *bus = g_new0 (PstBusOption, 1);

  bus->policy = pst_bus_policy_new ();
  g_ptr_array_add (options->buses, bus);
  bus->address = g_strdup (take_word (arguments, at));
  if (bus->address == NULL)
    *error = g_strdup ("No bus address given");
  else if ((bus->path = g_strdup (take_word (arguments, at))) == NULL)
    *error = g_strdup ("No socket path given");
  while (*error == NULL && !options->help && !options->version && *at < arguments->len &&
         ((const char *)g_ptr_array_index (arguments, *at))[0] == '-')
    parse_bus_option (options, bus->policy, arguments, at, error);
  return *error == NULL;
}

gboolean
pst_options_parse (PstOptions *options, int n, const char *const *words, char **error)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new_with_free_func (g_free);
  guint at = 0;

  *options = (PstOptions){ .sync_fd = -1, .ask_fd = -1, .buses = g_ptr_array_new_with_free_func (bus_free) };
  *error = NULL;
  for (int i = 0; i < n; i++)
    g_ptr_array_add (arguments, g_strdup (words[i]));
  while (at < arguments->len && !options->help && !options->version)
    {
      gboolean is_option = ((const char *)g_ptr_array_index (arguments, at))[0] == '-';

      if (!(is_option ? parse_general : parse_bus) (options, arguments, &at, error))
        return FALSE;
    }
  if (options->buses->len > 0 || options->help || options->version)
    return TRUE;
  *error = g_strdup ("No proxies specified");
  return FALSE;
}

void
pst_options_clear (PstOptions *options)
{
  g_clear_pointer (&options->buses, g_ptr_array_unref);
}
