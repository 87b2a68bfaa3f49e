# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=cat;less;more;head;tail;file;wc;grep;ls;stat;find;du;tree;display;display-im6.q16;mpv;vlc;totem;gpicview;ristretto;okular;xpdf;mupdf;zathura;
SuggestAccess=view
