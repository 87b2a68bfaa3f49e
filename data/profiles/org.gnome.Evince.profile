# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=evince;
SuggestAccess=view
Reason=A document viewer reads what it opens.
