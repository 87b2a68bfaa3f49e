# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=feh;
SuggestAccess=view
Reason=An image viewer shows the pictures beside the one that was opened.
