"""`python -m benchmark`, `python -m benchmark http`, `python -m benchmark overload`, and `python -m benchmark cluster`.

Nothing is imported unless this module is the command: the processes that it starts import this module too.
"""

if __name__ == "__main__":
    import sys

    if sys.argv[1:2] == ["http"]:
        from benchmark.http.command import main

        main(sys.argv[2:])
    elif sys.argv[1:2] == ["overload"]:
        from benchmark.http.overload import main

        main(sys.argv[2:])
    elif sys.argv[1:2] == ["cluster"]:
        from benchmark.clustered.command import main

        main(sys.argv[2:])
    else:
        from benchmark.command import main

        main()
