#!/bin/sh
# Make sure that there are a WordPress, a MariaDB and a PHP for the tests of the plug-in, or say loudly what is missing.
# Only Debian's own packages are installed, and only where that needs no password. No server is left running.
set -u

is_there() {
    [ -f /usr/share/wordpress/wp-settings.php ] && command -v php >/dev/null 2>&1 &&
        php -m | grep -qx mysqli && PATH="$PATH:/usr/sbin" command -v mariadbd >/dev/null 2>&1
}

if is_there; then
    exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || as_root="cannot"
fi

if command -v apt-get >/dev/null 2>&1 && [ "$as_root" != "cannot" ]; then
    echo "Installing WordPress and MariaDB for the tests of the plug-in ..."
    $as_root apt-get update -qq >/dev/null 2>&1
    # With this run level no service is started.
    $as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        wordpress mariadb-server php-cli php-mysql >/dev/null 2>&1
    if is_there; then
        exit 0
    fi
fi

cat >&2 <<NOTICE
**************************************************************************
  NO WORDPRESS: the tests of its plug-in will be SKIPPED.
  Debian: apt-get install wordpress mariadb-server php-cli php-mysql
**************************************************************************
NOTICE
exit 0
