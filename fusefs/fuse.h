/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
