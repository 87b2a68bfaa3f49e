/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "launch.h"

#include "cli.h"
#include "environment.h"
#include "pst-path.h"
#include "pst-profile.h"
#include "pst-programs.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

const char *
pst_launch_choose_cwd (const char *cwd, const PstPlanInput *input)
{
  g_autofree char *runtime = pst_plan_runtime_dir (input->uid);

  if (pst_plan_shows (cwd) || g_str_equal (cwd, "/") || g_str_equal (cwd, "/tmp") || g_str_equal (cwd, "/var/tmp") ||
      g_str_equal (cwd, runtime))
    return cwd;
  for (gsize i = 0; i < input->n_roots; i++)
    if (pst_path_is_below_or_equal (cwd, input->roots[i].path))
      return cwd;
  return input->home;
}

static gboolean
check_profile (PstLaunch *launch, GError **error)
{
  g_autoptr (PstProfile) profile = NULL;

  if (!launch->options.profile)
    return TRUE;
  launch->profile = pst_path_normalise (launch->options.profile, launch->host.cwd, launch->host.home);
  if (launch->profile && !strchr (launch->options.profile, '/') && access (launch->profile, F_OK) < 0)
    {
      g_autofree char *profiles = pst_data_find ("profiles"),
                      *known = g_strconcat (profiles, "/", launch->options.profile, ".profile", NULL);

      if (access (known, F_OK) == 0)
        {
          g_free (launch->profile);
          launch->profile = g_steal_pointer (&known);
        }
    }
  if (!launch->profile)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG,
                           _ ("the profile’s path is too long; put the profile where its path is shorter"));
      return FALSE;
    }
  profile = pst_profile_load (launch->profile, error);
  launch->no_bus = profile && !pst_profile_get_bus (profile);
  return profile != NULL;
}

/* The buses that the host has, if they are wanted. A profile that the broker finds is heard later (launch.c). */
static gboolean
find_buses (PstLaunch *launch, GError **error)
{
  PstPlanInput *input = &launch->input;

  if (launch->options.bus == PST_OPTIONS_BUS_NONE || (launch->options.bus == PST_OPTIONS_BUS_IF_ANY && launch->no_bus))
    return TRUE;
  input->session_bus = pst_bus_address_session (&launch->buses.session);
  input->system_bus = pst_bus_address_system (&launch->buses.system);
  pst_bus_address_accessibility (&launch->buses.a11y);
  if (input->session_bus || input->system_bus || launch->options.bus == PST_OPTIONS_BUS_IF_ANY)
    return TRUE;
  g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                       _ ("--bus: there is no message bus to hand in: DBUS_SESSION_BUS_ADDRESS is not set, and neither "
                          "$XDG_RUNTIME_DIR/bus nor /run/dbus/system_bus_socket is there"));
  return FALSE;
}

/* Where the accessibility bus is outside, as at-spi-bus-launcher has it and writes it on the X server's root window. Toolkits
 * that look there (Qt 5) have to find the proxy's. */
static void
link_accessibility (PstLaunch *launch)
{
  const char *outside = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *inside = pst_plan_runtime_dir (launch->host.uid);
  guint number;

  if (!launch->input.session_bus || !outside || !pst_path_is_normal (outside) ||
      !pst_path_is_below_or_equal (outside, inside) || !launch->display.x11_display ||
      !pst_display_parse (launch->display.x11_display, &number))
    return;
  launch->accessibility_links = g_new0 (char *, 3);
  launch->accessibility_links[0] = g_strdup_printf ("%s/at-spi/bus_%u", outside, number);
  launch->accessibility_links[1] = g_strdup_printf ("%s/at-spi/bus", outside);
  launch->input.accessibility_links = (const char *const *)launch->accessibility_links;
}

static gboolean
check_only (PstLaunch *launch, GError **error)
{
  if (!launch->options.only)
    return TRUE;
  launch->only = pst_path_normalise (launch->options.only, launch->host.cwd, launch->host.home);
  if (!launch->only)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG,
                         _ ("the path given with --only is too long; name a folder above it"));
  return launch->only != NULL;
}

gboolean
pst_launch_prepare (PstLaunch *launch, int *status, GError **error)
{
  const char *path = g_getenv ("PATH");
  PstPlanInput *input = &launch->input;
  PstEnvironmentInput environment = { 0 };
  gsize n = 0;

  *status = PST_EXIT_FAILED;
  if (!pst_host_examine (&launch->host, error))
    return FALSE;
  if (!check_only (launch, error) || !check_profile (launch, error))
    {
      *status = PST_EXIT_USAGE;
      return FALSE;
    }
  if (!pst_executable_find (launch->options.command[0], launch->host.cwd, path && *path ? path : "/usr/local/bin:/usr/bin:/bin",
                            launch->host.roots, launch->host.n_roots, &launch->executable, status, error))
    return FALSE;
  if (!pst_display_find (launch->options.x11, launch->options.wayland, launch->host.home, &launch->display, error))
    return FALSE;

  *input = (PstPlanInput){
    .uid = launch->host.uid,
    .gid = launch->host.gid,
    .user = launch->host.user,
    .home = launch->host.home,
    .shell = launch->host.shell,
    .roots = launch->host.roots,
    .n_roots = launch->host.n_roots,
    .binds = launch->binds,
    .xauthority = launch->display.cookie,
  };
  if (!find_buses (launch, error))
    return FALSE;
  link_accessibility (launch);
  if (launch->executable.bind)
    launch->binds[n++] = (PstPlanBind){ launch->executable.bind, launch->executable.bind };
  if (launch->display.x11_socket)
    launch->binds[n++] = (PstPlanBind){ launch->display.x11_socket, launch->display.x11_path };
  if (launch->display.wayland_socket)
    {
      g_autofree char *runtime = pst_plan_runtime_dir (input->uid);

      launch->wayland_target = g_build_filename (runtime, launch->display.wayland_name, NULL);
      launch->binds[n++] = (PstPlanBind){ launch->display.wayland_socket, launch->wayland_target };
    }
  input->n_binds = n;

  launch->early = pst_plan_build_early (input);
  if (!pst_plan_check (launch->early, input, error))
    return FALSE;

  launch->cwd = g_strdup (pst_launch_choose_cwd (launch->host.cwd, input));
  environment = (PstEnvironmentInput){
    .home = input->home,
    .cwd = launch->cwd,
    .uid = input->uid,
    .display = launch->display.x11_display,
    .has_cookie = launch->display.cookie != NULL,
    .wayland = launch->display.wayland_name,
    .session_bus = input->session_bus,
  };
  launch->environment = pst_environment_build ((const char *const *)environ, &environment);
  return TRUE;
}

void
pst_launch_clear (PstLaunch *launch)
{
  pst_host_clear (&launch->host);
  pst_executable_clear (&launch->executable);
  pst_display_clear (&launch->display);
  g_clear_pointer (&launch->accessibility_links, g_strfreev);
  g_clear_pointer (&launch->wayland_target, g_free);
  g_clear_pointer (&launch->early, pst_plan_free);
  g_clear_pointer (&launch->profile, g_free);
  g_clear_pointer (&launch->only, g_free);
  g_clear_pointer (&launch->cwd, g_free);
  g_clear_pointer (&launch->environment, g_strfreev);
}
