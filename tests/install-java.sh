#!/bin/sh
# Make sure that there are Maven and a Java for the tests on a real OpenSearch, or say loudly what is missing.
# Only Debian's own packages are installed, and only where that needs no password.
set -u

OLDEST_JAVA=21

if [ -n "${BACKFILE_TEST_OPENSEARCH:-}" ]; then
    exit 0
fi

is_new_enough() {
    major=$("$1" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge "$OLDEST_JAVA" ]
}

has_java() {
    for java in "${OPENSEARCH_JAVA_HOME:-}/bin/java" "${JAVA_HOME:-}/bin/java" /usr/lib/jvm/*/bin/java "$(command -v java)"; do
        if [ -x "$java" ] && is_new_enough "$java"; then
            return 0
        fi
    done
    return 1
}

has_maven() {
    command -v mvn >/dev/null 2>&1
}

if has_java && has_maven; then
    exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || as_root="cannot"
fi

install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null 2>&1
}

if command -v apt-get >/dev/null 2>&1 && [ "$as_root" != "cannot" ]; then
    echo "Installing Java and Maven for the tests on OpenSearch ..."
    $as_root apt-get update -qq >/dev/null 2>&1
    for package in openjdk-25-jre-headless openjdk-21-jre-headless; do
        has_java || install "$package"
    done
    has_maven || install maven
    if has_java && has_maven; then
        exit 0
    fi
fi

has_java || missing="Java $OLDEST_JAVA or later (Debian 13: apt-get install openjdk-21-jre-headless)"
has_maven || missing="${missing:+$missing,
  and }Maven (Debian: apt-get install maven)"
cat >&2 <<NOTICE
**************************************************************************
  NO OPENSEARCH: the tests on a real cluster will be SKIPPED.
  What is missing: $missing.
  If Java is in a folder of its own, set OPENSEARCH_JAVA_HOME to it,
  or set BACKFILE_TEST_OPENSEARCH to the address of a running cluster.
**************************************************************************
NOTICE
exit 0
