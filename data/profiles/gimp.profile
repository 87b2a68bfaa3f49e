# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=gimp;gimp-2.10;gimp-3.0;inkscape;krita;
SuggestAccess=change
Reason=A graphics editor saves what it opens.
