# SPDX-License-Identifier: GPL-3.0-or-later
# For any application: it sees the one folder that you pick at its first start, and nothing else of yours, without a question.
#   postern run --profile one-folder eog
[Application]
OneFolder=view
