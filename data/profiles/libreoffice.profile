# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=soffice;soffice.bin;libreoffice;oosplash;
SuggestAccess=change
Reason=An office suite saves what it opens, with a lock file beside it.
