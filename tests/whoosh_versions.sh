#!/usr/bin/env bash
# Runs the tests with each Whoosh that Backfile stands on, on each Python: an environment of its own for every pair.
#
#   tests/whoosh_versions.sh                                 the whole suite
#   tests/whoosh_versions.sh tests/test_whoosh_view.py -x    what is given to pytest
#   PYTHONS="python3.11 /opt/python3.14/bin/python" ...      other Pythons than 3.11 and the newest on the path
#
# A Python that is not there is skipped and said so; with none at all it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

VENVS=${VENVS:-.venv-whoosh}
WHOOSHES=${WHOOSHES:-"Whoosh==2.7.4 Whoosh-Reloaded==2.7.5 whoosh3"}

newest() {
    for minor in 19 18 17 16 15 14 13 12; do
        if "python3.$minor" -c '' 2>/dev/null; then echo "python3.$minor"; return; fi
    done
    echo "any-python-above-3.11"
}
PYTHONS=${PYTHONS:-"python3.11 $(newest)"}

install() { # PYTHON WHOOSH FOLDER: the package asks for whoosh3, so that goes in, and out again for another one
    local pip="$3/bin/python -m pip --quiet --disable-pip-version-check"
    rm -rf "$3"
    "$1" -m venv "$3"
    $pip install --editable '.[test]'
    if [ "$2" != whoosh3 ]; then
        $pip uninstall --yes whoosh3
        # pip compiles what it installs: with that, warnings about the old source (which are errors to the tests) are over.
        $pip install "$2"
    fi
    touch "$3/.installed"
}

summary=()
failed=0
ran=0
for python in $PYTHONS; do
    if ! version=$("$python" -c 'import sys; print("{}.{}.{}".format(*sys.version_info))' 2>/dev/null); then
        echo "=== SKIPPED: there is no $python" >&2
        summary+=("SKIPPED  $python is not there")
        continue
    fi
    for whoosh in $WHOOSHES; do
        folder="$VENVS/$version-$whoosh"
        echo "=== Python $version, $whoosh"
        if [ ! "$folder/.installed" -nt pyproject.toml ]; then install "$python" "$whoosh" "$folder"; fi
        "$folder/bin/python" -W error -c 'import whoosh.index, whoosh.qparser, whoosh.query; print("whoosh", *whoosh.__version__)'
        ran=$((ran + 1))
        if "$folder/bin/python" -m pytest -p no:cacheprovider "$@"; then
            summary+=("passed   Python $version, $whoosh")
        else
            summary+=("FAILED   Python $version, $whoosh")
            failed=1
        fi
    done
done

echo
printf '%s\n' "${summary[@]}"
[ "$ran" -gt 0 ] || { echo "no test was run: none of these Pythons is there: $PYTHONS" >&2; exit 1; }
exit "$failed"
