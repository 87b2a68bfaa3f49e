/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <stdlib.h>

/* replay CORPUS…: runs a fuzz target once for each file below the directories named, and for each of its prefixes, and with
 * each byte bent. */

static guint n_runs;

static void
run (const char *data, gsize size)
{
  /* A copy of just the right size, so that a sanitizer sees a read past its end. */
  g_autofree uint8_t *copy = g_memdup2 (data, size);

  LLVMFuzzerTestOneInput (copy, size);
  n_runs++;
}

static void
run_variations (char *data, gsize size)
{
  gsize step = size / 512 + 1;

  run (data, size);
  for (gsize i = 0; i < size; i += step)
    {
      run (data, i);
      data[i] ^= 0x01;
      run (data, size);
      data[i] ^= 0x81;
      run (data, size);
      data[i] ^= 0x80;
    }
}

int
main (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GDir) directory = g_dir_open (argv[i], 0, &error);
      const char *name;

      if (directory == NULL)
        {
          g_printerr ("%s\n", error->message);
          return EXIT_FAILURE;
        }
      while ((name = g_dir_read_name (directory)) != NULL)
        {
          g_autofree char *file = g_build_filename (argv[i], name, NULL);
          g_autofree char *data = NULL;
          gsize size;

          if (!g_file_get_contents (file, &data, &size, &error))
            {
              g_printerr ("%s\n", error->message);
              return EXIT_FAILURE;
            }
          run_variations (data, size);
        }
    }
  if (n_runs == 0)
    {
      g_printerr ("The corpus is empty: usage: %s DIRECTORY...\n", argv[0]);
      return EXIT_FAILURE;
    }
  g_print ("%u runs\n", n_runs);
  return EXIT_SUCCESS;
}
