/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* Every target is this one function. libFuzzer calls it with what it makes up; replay-main.c with the files of a corpus. A
 * target crashes (an assertion, a sanitizer) when something is wrong, and never otherwise. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
