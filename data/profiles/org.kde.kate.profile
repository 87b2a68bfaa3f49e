# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=kate;kwrite;
SuggestAccess=change
Reason=A text editor saves what it opens.
