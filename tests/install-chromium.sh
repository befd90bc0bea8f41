#!/bin/sh
# Make sure that there is a Chromium for the browser tests, or say loudly that there is none.
# Only Debian's own package is installed, and only where that needs no password.
set -u

if command -v "${BACKFILE_CHROMIUM:-chromium}" >/dev/null 2>&1; then
    exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || as_root="cannot"
fi

if command -v apt-get >/dev/null 2>&1 && [ "$as_root" != "cannot" ]; then
    echo "Installing Chromium for the browser tests ..."
    if $as_root apt-get update -qq >/dev/null 2>&1 &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1; then
        exit 0
    fi
fi

cat >&2 <<'NOTICE'
**************************************************************************
  NO CHROMIUM: the browser and accessibility tests will be SKIPPED.
  Install the package "chromium" (Debian: apt-get install chromium),
  or set BACKFILE_CHROMIUM to the path of a Chromium or Chrome binary.
**************************************************************************
NOTICE
exit 0
