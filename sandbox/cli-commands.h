/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Entry points of the control commands, for the table in main.c. */
int pst_cli_apps_main (int argc, char **argv);
int pst_cli_grants_main (int argc, char **argv);
int pst_cli_grant_main (int argc, char **argv);
int pst_cli_revoke_main (int argc, char **argv);
int pst_cli_reset_main (int argc, char **argv);
int pst_cli_lock_main (int argc, char **argv);
int pst_cli_unlock_main (int argc, char **argv);
int pst_cli_strict_main (int argc, char **argv);
int pst_cli_stop_main (int argc, char **argv);
int pst_cli_held_main (int argc, char **argv);
int pst_cli_why_main (int argc, char **argv);
int pst_cli_export_main (int argc, char **argv);
int pst_cli_import_main (int argc, char **argv);
int pst_cli_ps_main (int argc, char **argv);
int pst_cli_log_main (int argc, char **argv);
int pst_cli_allow_main (int argc, char **argv);
int pst_cli_settings_main (int argc, char **argv);
int pst_cli_doctor_main (int argc, char **argv);
