"""`python -m benchmark`, and `python -m benchmark http`.

Nothing is imported unless this module is the command: the processes that it starts import this module too.
"""

if __name__ == "__main__":
    import sys

    if sys.argv[1:2] == ["http"]:
        from benchmark.http.command import main

        main(sys.argv[2:])
    else:
        from benchmark.command import main

        main()
