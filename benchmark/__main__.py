"""`python -m benchmark`.

Nothing is imported unless this module is the command: the processes that it starts import this module too.
"""

if __name__ == "__main__":
    from benchmark.command import main

    main()
