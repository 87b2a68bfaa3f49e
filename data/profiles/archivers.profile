# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=tar;gzip;bzip2;xz;zstd;zip;unzip;7z;file-roller;
SuggestAccess=change
