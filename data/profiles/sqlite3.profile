# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=sqlite3;
SuggestAccess=change
Reason=A database is a file with a journal beside it.
